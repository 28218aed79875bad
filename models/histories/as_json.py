"""One event as the API, exports, the live tail and the command write it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .event import EventTexts, StoredClient, StoredEvent, StoredLocation

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
"""Places and clients kept as JSON: a page and its neighbours repeat few of them."""

USUAL = len("2026-01-31 12:00:00.123456+00")
Json = dict[str, Any]


def as_json(event: StoredEvent, sentence: str | None) -> Json:
    """An event in full, ready for any JSON encoder, its keys in the documented order.

    Args:
        event: what is stored.
        sentence: how it reads, by its event type; None for a tag that no catalogue knows.

    Returns:
        What is not known is None; nothing is left out. Places and clients are shared between
        events: leave their objects as they are.
    """
    return _in_order(
        event,
        identity=str(event.id),
        sentence=sentence,
        occurred_at=_utc(event.occurred_at),
        recorded_at=_utc(event.recorded_at),
        location=location_as_json(event.location),
        client=client_as_json(event.client),
        additional=event.additional or {},
    )


def texts_as_json(event: EventTexts, location: Json | None, client: Json | None, additional: Json) -> Json:
    """The same of an event as text, without its sentence.

    Args:
        event: its columns.
        location: by its `location_id`, as `location_as_json` writes it.
        client: by its `client_id`, as `client_as_json` writes it.
        additional: its payload, decoded.
    """
    return _in_order(
        event,
        identity=event.id,
        sentence=None,
        occurred_at=_utc_text(event.occurred_at),
        recorded_at=_utc_text(event.recorded_at),
        location=location,
        client=client,
        additional=additional,
    )


@lru_cache(maxsize=CACHED)
def location_as_json(location: StoredLocation | None) -> Json | None:
    """A place; the object is shared."""
    return None if location is None else {key: getattr(location, key) for key in LOCATION}


@lru_cache(maxsize=CACHED)
def client_as_json(client: StoredClient | None) -> Json | None:
    """A client; the object is shared."""
    return None if client is None else {key: getattr(client, key) for key in CLIENT}


def _in_order(
    event: StoredEvent | EventTexts,
    *,
    identity: str,
    sentence: str | None,
    occurred_at: str,
    recorded_at: str,
    location: Json | None,
    client: Json | None,
    additional: Json,
) -> Json:
    # runs for every event of an export: written out, not called, as calls take longer than what they do
    user, project, organization = event.user_id, event.project_id, event.organization_id
    credential, principal = event.credential_kind, event.on_behalf_of_id
    return {
        "id": identity,
        "tag": event.tag,
        "scope": event.scope,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "sentence": sentence,
        "user": None if user is None else {"id": user, "name": event.user_name},
        "project": None if project is None else {"id": project, "name": event.project_name},
        "organization": None
        if organization is None
        else {"id": organization, "name": event.organization_name},
        "actor": {
            "kind": event.actor_kind,
            "id": event.actor_id,
            "name": event.actor_name,
            "credential": None
            if credential is None
            else {"kind": credential, "id": event.credential_id, "label": event.credential_label},
            "on_behalf_of": None if principal is None else {"id": principal, "name": event.on_behalf_of_name},
        },
        "ip": event.ip,
        "location": location,
        "client": client,
        "request_id": event.request_id,
        "additional": additional,
        "view": "full",
    }


def _utc(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _utc_text(moment: str) -> str:
    if len(moment) == USUAL and moment.endswith("+00"):
        return f"{moment[:10]}T{moment[11:26]}Z"
    return _utc(datetime.fromisoformat(moment))  # whole seconds, or a clock in another place
