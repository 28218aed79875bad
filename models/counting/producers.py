"""Ids of processes that number their events: the table `producers`.

Rows are never altered nor removed, and committed before the batch that points to
them; so an id, once known, stays true even where that batch is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Producer

CAPACITY = 50_000


class Producers:
    """The ids of producers by name; remembered, as they never change."""

    def __init__(self, engine: Engine, capacity: int = CAPACITY) -> None:
        self._engine = engine
        self._capacity = capacity
        self._known: dict[str, int] = {}

    def ids(self, names: Iterable[str]) -> dict[str, int]:
        """The id of each, given to those that are new.

        Raises:
            StoreUnavailable: Postgres did not answer.
        """
        wanted = set(names)
        known = self._known
        unknown = wanted.difference(known)  # not `- known.keys()`, which reads every known name
        if unknown:
            if len(known) + len(unknown) > self._capacity:
                known = self._known = {}  # another thread may be reading the old one
                unknown = wanted
            known.update(self._look_up(unknown))
        return {name: known[name] for name in wanted}

    def _look_up(self, names: set[str]) -> dict[str, int]:
        with transaction(self._engine) as connection:
            ids = known(connection, names)
            # in one order for everybody: two that insert the same names in two orders would deadlock
            if new := [{"name": name} for name in sorted(names - ids.keys())]:
                connection.execute(insert(Producer).values(new).on_conflict_do_nothing())
                ids |= known(connection, names - ids.keys())
        return ids


def known(connection: Connection, names: AbstractSet[str]) -> dict[str, int]:
    """The ids of those producers that have one.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if not names:
        return {}
    rows = connection.execute(select(Producer.name, Producer.id).where(Producer.name.in_(names)))
    return dict(rows.all())
