"""Read events with their facts and derivations, window by window, and update the derivations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from trailkeeper.models.periods import id_floor
from trailkeeper.models.writing import DERIVATIONS

from .filters import EnrichFilters

NIL = UUID(int=0)

_POINTERS = ", ".join(
    f"seen.{column}, {table}.source, {table}.build" for column, table in DERIVATIONS.items()
)
_JOINS = " ".join(f"LEFT JOIN {table} ON {table}.id = seen.{name}" for name, table in DERIVATIONS.items())

_WINDOW = f"""
    SELECT seen.id, seen.tableoid::regclass::text AS partition, host(seen.ip) AS ip,
           clients.user_agent, seen.scrubbed, {_POINTERS}
      FROM (SELECT tableoid, id, ip, tag, project_id, {", ".join(DERIVATIONS)},
                   scrubbed_at IS NOT NULL OR scrubbed_by IS NOT NULL AS scrubbed
              FROM events
             WHERE scope = :scope AND id > :after AND id >= :low AND id < :high {{seeking}}
             ORDER BY id
             LIMIT :limit) AS seen
      {_JOINS}
     ORDER BY seen.id
"""  # noqa: S608 - names of our own tables and columns

_SEEKING = {
    "user": "AND user_id = :user",
    "project": "AND project_id = :project",
    "tag": "AND hashtext(tag) = hashtext(:tag) AND tag = :tag",
    "tags": "AND tag = ANY(:tags)",
}

_UPDATE = f"""
    UPDATE {{partition}} AS event
       SET {", ".join(f"{name} = new.{name}" for name in DERIVATIONS)}
      FROM unnest(CAST(:ids AS uuid[]), {", ".join(f"CAST(:{name}s AS int[])" for name in DERIVATIONS)})
           AS new (id, {", ".join(DERIVATIONS)})
     WHERE event.scope = :scope AND event.id = new.id
       AND event.scrubbed_at IS NULL AND event.scrubbed_by IS NULL
"""  # noqa: S608 - likewise


class Pointer(NamedTuple):
    """The derivation that an event points to, with the version of the data that made it."""

    id: int
    source: str
    build: str


class Derived(NamedTuple):
    """An event's facts, and the derivations that it points to.

    Attributes:
        partition: where it lies, as SQL names it.
        pointers: one per column; None if it is not set.
        scrubbed: personal data was removed from it, so it must stay unchanged.
    """

    id: UUID
    partition: str
    ip: str | None
    user_agent: str | None
    scrubbed: bool
    pointers: tuple[Pointer | None, ...]


class Change(NamedTuple):
    """The new ids of an event's derivations, or None, for each column."""

    id: UUID
    partition: str
    derivations: tuple[int | None, ...]


def window(
    connection: Connection,
    filters: EnrichFilters,
    place: tuple[str, UUID],
    limit: int,
) -> list[Derived]:
    """The next events of one scope, in order of their ids.

    At most *limit* rows of a partition are looked at, or of an index where one leads to the
    filter's events; whether they need anything is for the caller to say.

    Args:
        connection: in a transaction.
        filters: with an end.
        place: the scope, and the id of the last event of it that was seen.
        limit: the most to look at.
    """
    since, until = filters.range
    scope, after = place
    values: dict[str, Any] = {"scope": scope, "after": after, "limit": limit}
    values |= {"low": id_floor(since), "high": id_floor(until)}
    sought = _sought(filters)
    statement = _WINDOW.format(seeking=" ".join(_SEEKING[name] for name in sought))
    return [_derived(row) for row in connection.execute(text(statement), values | sought)]


def write(connection: Connection, scope: str, changes: Sequence[Change]) -> int:
    """Update the derivations of events; returns how many changed. Facts stay as they are.

    An event that was scrubbed since it was read stays as it is.
    """
    changed = 0
    for partition in sorted({change.partition for change in changes}):
        of_it = [change for change in changes if change.partition == partition]
        values: dict[str, Any] = {"scope": scope, "ids": [str(change.id) for change in of_it]}
        for place, name in enumerate(DERIVATIONS):
            values[f"{name}s"] = [change.derivations[place] for change in of_it]
        changed += connection.execute(text(_UPDATE.format(partition=partition)), values).rowcount
    return changed


def _sought(filters: EnrichFilters) -> dict[str, Any]:
    conditions: dict[str, Any] = {"user": filters.user, "project": filters.project}
    if len(filters.tags) == 1:
        conditions["tag"] = filters.tags[0]
    elif filters.tags:
        conditions["tags"] = list(filters.tags)
    return {name: value for name, value in conditions.items() if value is not None}


def _derived(row: Row[Any]) -> Derived:
    # by slices: it is done for every event that a backfill looks at
    values: tuple[Any, ...] = tuple(row)
    pointers = [
        None if values[at] is None else Pointer(*values[at : at + 3]) for at in range(5, len(values), 3)
    ]
    return Derived(*values[:5], tuple(pointers))  # type: ignore[call-arg]  # five by the slice
