"""One event as one viewer may see it: the same JSON everywhere, without what is hidden."""

from __future__ import annotations

from json import loads
from typing import Any

import msgspec

from trailkeeper.models.histories import ExportRow, StoredEvent, as_json, texts_as_json
from trailkeeper.producer.catalogue import EventType, View, render, sentence_parts

from .policy import STAFF, Policy
from .viewer import Viewer

REDACTED = ("ip", "location", "client", "network", "request_id")
"""Left out of a redacted view, besides the actor's credential and the private keys of `additional`."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode  # three times as fast as the standard library

NAMES = {"system": "The system", "staff": "Staff", "service": "A service"}


def masked(policy: Policy, viewer: Viewer, event: StoredEvent) -> dict[str, Any] | None:
    """The event's JSON for a viewer, or None if the viewer may not see it.

    A masked key is absent, an unknown value is null. Others see staff as
    ``{"kind": "staff"}``, without address, location, client and network.
    """
    view = policy.view_of(viewer, event)
    return None if view is None else _masked(policy, view, as_json(event, None))


def masked_row(policy: Policy, viewer: Viewer, row: ExportRow) -> dict[str, Any] | None:
    """The same for a row of an export."""
    event, derivations = row
    view = policy.view_of(viewer, event)
    if view is None:
        return None
    return _masked(policy, view, texts_as_json(event, derivations, _payload(event.additional)))


def _masked(policy: Policy, view: View, event: dict[str, Any]) -> dict[str, Any]:
    """An event's JSON in one view, with its sentence."""
    event["view"] = view
    if view == "redacted":
        _redact(event, policy.open_keys(event["tag"]))
    event["sentence"] = _sentence(event, policy.catalogue.get(event["tag"]))
    return event


def _redact(event: dict[str, Any], open_keys: frozenset[str]) -> None:
    for key in REDACTED:
        del event[key]
    del event["actor"]["credential"]
    if event["actor"]["kind"] == STAFF:
        event["actor"] = {"kind": STAFF}
    event["additional"] = {key: value for key, value in event["additional"].items() if key in open_keys}


def _sentence(event: dict[str, Any], kind: EventType | None) -> str | None:
    """Built only from visible fields, so that a sentence never reveals a hidden one."""
    if kind is None:
        return None
    parts = sentence_parts(
        event["additional"],
        user=_name(event["user"]),
        project=_name(event["project"]),
        organization=_name(event["organization"]),
        actor=_name(event["actor"]) or NAMES.get(event["actor"]["kind"]),
        ip=event.get("ip"),
    )
    return render(kind.sentence, parts)


def _name(subject: dict[str, Any] | None) -> str | None:
    return None if subject is None else subject.get("name") or subject.get("id")


def _payload(text: str | None) -> dict[str, Any]:
    try:
        return _decode(text) if text else {}
    except (msgspec.DecodeError, RecursionError):  # a number that Postgres accepts and msgspec does not
        payload: dict[str, Any] = loads(text or "")
        return payload
