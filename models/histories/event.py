"""An event as it is stored, with its derivations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from .event_key import EventKey


@dataclass(frozen=True)
class StoredLocation:
    """Where an address was, or the `reason` why that is not known, as some data of some build had it."""

    id: int
    display: str | None
    reason: str | None
    city: str | None
    region: str | None
    country: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None
    asn: int | None
    source: str
    build: str


@dataclass(frozen=True)
class StoredClient:
    """What a user agent was understood as, by some data of some build."""

    id: int
    user_agent: str
    display: str
    kind: str
    name: str | None
    version: str | None
    os: str | None
    device: str | None
    source: str
    build: str


@dataclass(frozen=True)
class StoredNetwork:
    """Which network an address belonged to, if any, by some data of some build."""

    id: int
    display: str | None
    asn: int | None
    operator: str | None
    source: str
    build: str


StoredDerivation = StoredLocation | StoredClient | StoredNetwork


@dataclass(frozen=True)
class StoredEvent:
    """One event: the columns of `events` by their names, then its derivations where there are any."""

    id: UUID
    occurred_at: datetime
    recorded_at: datetime
    scrubbed_at: datetime | None
    location_id: int | None
    client_id: int | None
    scope: str
    tag: str
    user_id: str | None
    user_name: str | None
    project_id: str | None
    project_name: str | None
    organization_id: str | None
    organization_name: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    credential_kind: str | None
    credential_id: str | None
    credential_label: str | None
    on_behalf_of_id: str | None
    on_behalf_of_name: str | None
    ip: str | None
    request_id: str | None
    additional: dict[str, Any] | None
    extras: dict[str, Any] | None
    network_id: int | None
    location: StoredLocation | None
    client: StoredClient | None
    network: StoredNetwork | None

    @property
    def key(self) -> EventKey:
        """Which event it is."""
        return EventKey(self.id, self.scope)


class EventTexts(NamedTuple):
    """Columns of `events` by their names, as Postgres writes them: what `as_json` tells of, no more."""

    id: str
    tag: str
    scope: str
    occurred_at: str
    recorded_at: str
    user_id: str | None
    user_name: str | None
    project_id: str | None
    project_name: str | None
    organization_id: str | None
    organization_name: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    credential_kind: str | None
    credential_id: str | None
    credential_label: str | None
    on_behalf_of_id: str | None
    on_behalf_of_name: str | None
    ip: str | None
    location_id: int | None
    client_id: int | None
    network_id: int | None
    request_id: str | None
    additional: str | None
    extras: str | None
