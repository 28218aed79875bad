"""One event as one viewer may see it: the JSON of every path, with what is hidden left out."""

from __future__ import annotations

from typing import Any

from trailkeeper.models.histories import Row, StoredEvent, as_json, texts_as_json
from trailkeeper.producer.catalogue import EventType, View, render, sentence_parts

from .payloads import decoded
from .policy import STAFF, Policy
from .viewer import Viewer

REDACTED = ("ip", "location", "client", "request_id")
"""Left out of a redacted view, besides the actor's credential and the private keys of `additional`."""

NAMES = {"system": "The system", "staff": "Staff", "service": "A service"}


def shown(policy: Policy, viewer: Viewer, event: StoredEvent) -> dict[str, Any] | None:
    """The event's JSON for a viewer, or None where there is nothing to see.

    Keys that are masked are absent; what is not known is null. Staff is shown
    to others as ``{"kind": "staff"}``, without where they were and what they used.
    """
    view = policy.view_of(viewer, event)
    return None if view is None else _masked(policy, view, as_json(event, None))


def shown_row(policy: Policy, viewer: Viewer, row: Row) -> dict[str, Any] | None:
    """The same of a row of a whole history."""
    event, location, client = row
    view = policy.view_of(viewer, event)
    if view is None:
        return None
    return _masked(policy, view, texts_as_json(event, location, client, decoded(event.additional)))


def _masked(policy: Policy, view: View, found: dict[str, Any]) -> dict[str, Any]:
    """What is left of an event's JSON in a view, with its sentence."""
    found["view"] = view
    if view == "redacted":
        _redact(found, policy.open_keys(found["tag"]))
    found["sentence"] = _sentence(found, policy.catalogue.get(found["tag"]))
    return found


def _redact(found: dict[str, Any], open_keys: frozenset[str]) -> None:
    for key in REDACTED:
        del found[key]
    del found["actor"]["credential"]
    if found["actor"]["kind"] == STAFF:
        found["actor"] = {"kind": STAFF}
    found["additional"] = {key: value for key, value in found["additional"].items() if key in open_keys}


def _sentence(found: dict[str, Any], kind: EventType | None) -> str | None:
    """Made of what is shown and nothing else, so that a sentence never tells what a field hides."""
    if kind is None:
        return None
    parts = sentence_parts(
        found["additional"],
        user=_name(found["user"]),
        project=_name(found["project"]),
        organization=_name(found["organization"]),
        actor=_name(found["actor"]) or NAMES.get(found["actor"]["kind"]),
        ip=found.get("ip"),
    )
    return render(kind.sentence, parts)


def _name(subject: dict[str, Any] | None) -> str | None:
    return None if subject is None else subject.get("name") or subject.get("id")
