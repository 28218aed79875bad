"""Which partitions a step of the scrub need not look at again.

A partition that lies wholly before the step's moment is scrubbed to its end
once, and again only if rows were inserted into it since, the step takes away
something else, or holds left some of it. So a night's scrub costs by the year,
and not by all years. What Postgres counts of inserts is read before the walk
begins: what comes later makes the counts differ, and costs one walk too many. It
lags by seconds, so an old event that comes just before a scrub may have to wait for
the next one.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from trailkeeper.models.tables import ScrubMark

from .steps import ScrubStep

_STATE = text("""
    SELECT oid::bigint AS relation, pg_stat_get_tuples_inserted(oid) AS inserted
      FROM pg_class WHERE oid = to_regclass(:partition)
""")

Mark = dict[str, object]


def present(connection: Connection, partition: str, step: ScrubStep) -> Mark:
    """The mark that a partition would have now."""
    state = connection.execute(_STATE, {"partition": partition}).mappings().one()
    return {"partition": partition, "step": step.name, "policy": step.policy, **state}


def is_done(connection: Connection, mark: Mark) -> bool:
    """Whether the partition has this very mark."""
    columns = ScrubMark.__table__.c
    same = [columns[name] == value for name, value in mark.items()]
    return connection.execute(select(columns.partition).where(*same)).one_or_none() is not None


def done(connection: Connection, mark: Mark) -> None:
    """Mark the partition."""
    statement = insert(ScrubMark).values(mark)
    changed = {name: statement.excluded[name] for name in ("relation", "inserted", "policy")}
    connection.execute(statement.on_conflict_do_update(index_elements=["partition", "step"], set_=changed))
