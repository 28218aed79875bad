"""Derivations of a batch: location of each address, client of each user agent, as ids of dictionary rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Engine

from models.dictionaries import Dictionary
from models.tables import Client as ClientRow
from models.tables import Location as LocationRow
from worker.enrich import Client, ClientFinder, Location, LocationFinder

from .messages import Accepted

Ids = tuple[int | None, int | None]


class Derive:
    """Adds location and device. A finder that knows nothing leaves None, for a backfill to find."""

    def __init__(self, engine: Engine, locations: LocationFinder, clients: ClientFinder) -> None:
        self._locations = locations
        self._clients = clients
        self._location_ids = Dictionary(engine, LocationRow.metadata.tables["locations"])
        self._client_ids = Dictionary(engine, ClientRow.metadata.tables["clients"])

    def ids(self, batch: Iterable[Accepted]) -> list[Ids]:
        """(location id, client id) of each event, in order.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        facts = [(accepted.event.ip, accepted.event.user_agent) for accepted in batch]
        locations = self._location_ids_of({ip for ip, _ in facts if ip})
        clients = self._client_ids_of({user_agent for _, user_agent in facts if user_agent})
        return [(locations.get(ip or ""), clients.get(user_agent or "")) for ip, user_agent in facts]

    def _location_ids_of(self, addresses: set[str]) -> dict[str, int]:
        found = {ip: location for ip in addresses if (location := self._locations.find(ip)) is not None}
        digests = {ip: _digest(location) for ip, location in found.items()}
        ids = self._location_ids.ids({digests[ip]: _columns(location) for ip, location in found.items()})
        return {ip: ids[digest] for ip, digest in digests.items()}

    def _client_ids_of(self, user_agents: set[str]) -> dict[str, int]:
        found = {user_agent: self._clients.find(user_agent) for user_agent in user_agents}
        digests = {user_agent: _digest(client, user_agent) for user_agent, client in found.items()}
        rows = {digests[agent]: {"user_agent": agent, **_columns(client)} for agent, client in found.items()}
        ids = self._client_ids.ids(rows)
        return {user_agent: ids[digest] for user_agent, digest in digests.items()}


def _columns(derived: Location | Client) -> dict[str, Any]:
    return msgspec.structs.asdict(derived)


def _digest(derived: Location | Client, user_agent: str = "") -> bytes:
    return hashlib.sha256(msgspec.json.encode([user_agent, derived])).digest()[:16]
