"""One event as the API, exports, the live tail and the command write it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .event import StoredClient, StoredEvent, StoredLocation

LOCATION = (
    "display",
    "city",
    "region",
    "country",
    "country_code",
    "latitude",
    "longitude",
    "asn",
    "source",
    "build",
)
CLIENT = ("display", "kind", "name", "version", "os", "device", "source", "build")

CACHED = 4096
"""Places and clients kept as JSON: a page, an export and its neighbours repeat few of them."""


def as_json(event: StoredEvent, sentence: str | None) -> dict[str, Any]:
    """An event in full, ready for any JSON encoder, its keys in the documented order.

    Args:
        event: what is stored.
        sentence: how it reads, by its event type; None for a tag that no catalogue knows.

    Returns:
        What is not known is None; nothing is left out. Places and clients are shared between
        events: leave their objects as they are.
    """
    return {
        "id": str(event.id),
        "tag": event.tag,
        "scope": event.scope,
        "occurred_at": _utc(event.occurred_at),
        "recorded_at": _utc(event.recorded_at),
        "sentence": sentence,
        "user": _subject(event.user_id, event.user_name),
        "project": _subject(event.project_id, event.project_name),
        "organization": _subject(event.organization_id, event.organization_name),
        "actor": _actor(event),
        "ip": event.ip,
        "location": _location(event.location),
        "client": _client(event.client),
        "request_id": event.request_id,
        "additional": event.additional or {},
        "view": "full",
    }


def _utc(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _subject(identity: str | None, name: str | None) -> dict[str, Any] | None:
    return None if identity is None else {"id": identity, "name": name}


def _actor(event: StoredEvent) -> dict[str, Any]:
    return {
        "kind": event.actor_kind,
        "id": event.actor_id,
        "name": event.actor_name,
        "credential": _credential(event),
        "on_behalf_of": _subject(event.on_behalf_of_id, event.on_behalf_of_name),
    }


def _credential(event: StoredEvent) -> dict[str, Any] | None:
    if event.credential_kind is None:
        return None
    return {"kind": event.credential_kind, "id": event.credential_id, "label": event.credential_label}


@lru_cache(maxsize=CACHED)
def _location(location: StoredLocation | None) -> dict[str, Any] | None:
    return None if location is None else {key: getattr(location, key) for key in LOCATION}


@lru_cache(maxsize=CACHED)
def _client(client: StoredClient | None) -> dict[str, Any] | None:
    return None if client is None else {key: getattr(client, key) for key in CLIENT}
