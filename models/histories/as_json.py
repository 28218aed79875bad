"""One event as the API, exports, the live tail and the command write it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .event import EventTexts, StoredDerivation, StoredEvent

INTERNAL = ("id", "reason", "user_agent")
"""Columns of derivations that are in no document."""

CACHED = 8192
"""Derivations kept as JSON: a page and its neighbours repeat few of them."""

USUAL = len("2026-01-31 12:00:00.123456+00")
Json = dict[str, Any]


def as_json(event: StoredEvent, sentence: str | None) -> Json:
    """An event in full, ready for any JSON encoder, its keys in the documented order.

    Args:
        event: what is stored.
        sentence: how it reads, by its event type; None for a tag that no catalogue knows.

    Returns:
        What is not known is None; nothing is left out. Derivations are shared between
        events: leave their objects as they are.
    """
    return _in_order(
        event,
        identity=str(event.id),
        sentence=sentence,
        occurred_at=_utc(event.occurred_at),
        recorded_at=_utc(event.recorded_at),
        derivations=map(derivation_as_json, (event.location, event.client, event.network)),
        additional=event.additional or {},
        extras=event.extras or {},
    )


def texts_as_json(
    event: EventTexts, derivations: Iterable[Json | None], additional: Json, extras: Json
) -> Json:
    """The same of an event as text, without its sentence.

    Args:
        event: its columns.
        derivations: location, client and network, as `derivation_as_json` writes them.
        additional: its payload, decoded.
        extras: what its producer said besides, decoded.
    """
    return _in_order(
        event,
        identity=event.id,
        sentence=None,
        occurred_at=_utc_text(event.occurred_at),
        recorded_at=_utc_text(event.recorded_at),
        derivations=derivations,
        additional=additional,
        extras=extras,
    )


@lru_cache(maxsize=CACHED)
def derivation_as_json(stored: StoredDerivation | None) -> Json | None:
    """A location, client or network; the object is shared."""
    if stored is None:
        return None
    return {key: value for key, value in vars(stored).items() if key not in INTERNAL}


def _in_order(
    event: StoredEvent | EventTexts,
    *,
    identity: str,
    sentence: str | None,
    occurred_at: str,
    recorded_at: str,
    derivations: Iterable[Json | None],
    additional: Json,
    extras: Json,
) -> Json:
    # runs for every event of an export: written out, not called, as calls take longer than what they do
    user, project, organization = event.user_id, event.project_id, event.organization_id
    credential, principal = event.credential_kind, event.on_behalf_of_id
    location, client, network = derivations
    if location and network and network["asn"]:
        location = {**location, "asn": network["asn"]}
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
        "network": network,
        "request_id": event.request_id,
        "additional": additional,
        "view": "full",
        "withheld": [],
        "extras": extras,
    }


def _utc(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _utc_text(moment: str) -> str:
    if len(moment) == USUAL and moment.endswith("+00"):
        return f"{moment[:10]}T{moment[11:26]}Z"
    return _utc(datetime.fromisoformat(moment))  # whole seconds, or a clock in another place
