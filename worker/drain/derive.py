"""Derivations of a batch: location of each address, client of each user agent, as ids of dictionary rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Engine

from models.dictionaries import Dictionary, Memory
from models.tables import Client as ClientRow
from models.tables import Location as LocationRow
from worker.enrich import Client, ClientFinder, Location, LocationFinder

from .messages import Accepted

Facts: TypeAlias = tuple[str | None, str | None]
Ids: TypeAlias = tuple[int | None, int | None]
Derivation: TypeAlias = Location | Client
CAPACITY = 50_000  # facts whose derivation is remembered, per process


class Derive:
    """Adds location and device. A finder that knows nothing leaves None, for a backfill to find."""

    def __init__(self, engine: Engine, locations: LocationFinder, clients: ClientFinder) -> None:
        self._locations = _Derived(
            Dictionary(engine, LocationRow.metadata.tables["locations"]), locations.find
        )
        self._clients = _Derived(
            Dictionary(engine, ClientRow.metadata.tables["clients"]), clients.find, "user_agent"
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
        locations = self._locations.ids({ip for ip, _ in facts})
        clients = self._clients.ids({user_agent for _, user_agent in facts})
        return [(locations[ip], clients[user_agent]) for ip, user_agent in facts]


class _Derived:
    """Ids of what one finder finds; looked up once for each fact and what was found for it.

    Args:
        dictionary: the table of distinct derivations.
        find: the finder; the same fact gives the same object until its data change.
        fact_column: where the fact itself is part of the row, its column.
    """

    def __init__(
        self, dictionary: Dictionary, find: Callable[[str], Derivation | None], fact_column: str | None = None
    ) -> None:
        self._dictionary = dictionary
        self._find = find
        self._fact_column = fact_column
        self._known: dict[str, tuple[Derivation, int]] = {}
        self._memory = Memory()

    def ids(self, facts: set[str | None]) -> dict[str | None, int | None]:
        """The id of each fact's derivation; None where there is no fact, or nothing can be told now."""
        if self._memory.is_over():
            self._known.clear()
        found: dict[str | None, int | None] = {None: None}
        new: dict[str, Derivation] = {}
        for fact in facts:
            derived = self._find(fact) if fact else None
            known = self._known.get(fact or "")
            if known and known[0] is derived:
                found[fact] = known[1]
            elif fact and derived:
                new[fact] = derived
            else:
                found[fact] = None
        if new:
            found.update(self._look_up(new))
        return found

    def _look_up(self, new: dict[str, Derivation]) -> dict[str, int]:
        digests = {fact: self._digest(fact, derived) for fact, derived in new.items()}
        ids = self._dictionary.ids({digests[fact]: self._row(fact, derived) for fact, derived in new.items()})
        if len(self._known) > CAPACITY:
            self._known.clear()
        self._known.update((fact, (derived, ids[digests[fact]])) for fact, derived in new.items())
        return {fact: ids[digest] for fact, digest in digests.items()}

    def _row(self, fact: str, derived: Derivation) -> dict[str, Any]:
        row = msgspec.structs.asdict(derived)
        return {self._fact_column: fact, **row} if self._fact_column else row

    def _digest(self, fact: str, derived: Derivation) -> bytes:
        content = [fact if self._fact_column else None, derived]
        return hashlib.sha256(msgspec.json.encode(content)).digest()[:16]
