"""Derivations of a batch: location of each address, client of each user agent, as ids of dictionary rows."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Engine

from trailkeeper.models.dictionaries import Dictionary, Memory
from trailkeeper.models.tables import Client as ClientRow
from trailkeeper.models.tables import Location as LocationRow
from trailkeeper.worker.enrich import Client, ClientFinder, Location, LocationFinder

from .messages import Accepted

Facts: TypeAlias = tuple[str | None, str | None]
Ids: TypeAlias = tuple[int | None, int | None]
Derivation: TypeAlias = Location | Client
CAPACITY = 50_000  # facts whose derivation is remembered, per process


class Derive:
    """Adds location and device, for any number of threads; made in the process that uses it.

    A finder that knows nothing leaves None, for a backfill to find.
    """

    def __init__(self, engine: Engine, locations: LocationFinder, clients: ClientFinder) -> None:
        self._alone = threading.Lock()
        self._locations = _Derived(
            Dictionary(engine, LocationRow.metadata.tables["locations"]), locations.find, locations.changes
        )
        self._clients = _Derived(
            Dictionary(engine, ClientRow.metadata.tables["clients"]), clients.find, fact_column="user_agent"
        )

    def ids(self, batch: Iterable[Accepted]) -> list[Ids]:
        """(location id, client id) of each event, in order.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        return self.of([(accepted.event.ip, accepted.event.user_agent) for accepted in batch])

    def of(self, facts: Sequence[Facts]) -> list[Ids]:
        """(location id, client id) of each (address, user agent), in order; None where nothing can be told.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        with self._alone:
            locations = self._locations.ids([ip for ip, _ in facts])
            clients = self._clients.ids([user_agent for _, user_agent in facts])
        return list(zip(locations, clients, strict=True))


class _Derived:
    """Ids of what one finder finds; looked up once for each fact, as long as the finder's data are the same.

    Args:
        dictionary: the table of distinct derivations.
        find: the finder.
        changes: tells how often the finder's data changed.
        fact_column: where the fact itself is part of the row, its column.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        find: Callable[[str], Derivation | None],
        changes: Callable[[], int] = int,
        fact_column: str | None = None,
    ) -> None:
        self._dictionary = dictionary
        self._find = find
        self._changes = changes
        self._changes_seen = changes()
        self._fact_column = fact_column
        self._known: dict[str | None, int] = {}
        self._memory = Memory()

    def ids(self, facts: Sequence[str | None]) -> list[int | None]:
        """The id of each fact's derivation; None where there is no fact, or nothing can be told now."""
        self._forget()
        # passes in C, as nearly every fact is known: half a microsecond an event, where a loop takes two
        unknown = set(facts).difference(self._known)
        new = {fact: derived for fact in unknown if fact and (derived := self._find(fact))}
        if new:
            self._look_up(new)
        return list(map(self._known.get, facts))

    def _forget(self) -> None:
        """What was remembered, once it is old, too much, or of data that were replaced."""
        changes = self._changes()
        if self._memory.is_over() or len(self._known) > CAPACITY or changes != self._changes_seen:
            self._known.clear()
        self._changes_seen = changes

    def _look_up(self, new: dict[str, Derivation]) -> None:
        digests = {fact: self._digest(fact, derived) for fact, derived in new.items()}
        ids = self._dictionary.ids({digests[fact]: self._row(fact, derived) for fact, derived in new.items()})
        self._known.update((fact, ids[digest]) for fact, digest in digests.items())

    def _row(self, fact: str, derived: Derivation) -> dict[str, Any]:
        row = msgspec.structs.asdict(derived)
        return {self._fact_column: fact, **row} if self._fact_column else row

    def _digest(self, fact: str, derived: Derivation) -> bytes:
        content = [fact if self._fact_column else None, derived]
        return hashlib.sha256(msgspec.json.encode(content)).digest()[:16]
