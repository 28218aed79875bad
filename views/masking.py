"""One event as one viewer may see it: the JSON of every path, with what is hidden left out."""

from __future__ import annotations

from typing import Any

from models.histories import StoredEvent, as_json
from producer.catalogue import EventType, render, sentence_parts

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
    if view is None:
        return None
    kind = policy.catalogue.get(event.tag)
    found = as_json(event, None)
    found["view"] = view
    if view == "redacted":
        _redact(found, policy.open_keys(event.tag))
    found["sentence"] = _sentence(found, kind)
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
    subjects = {name: _name(found[name]) for name in ("user", "project", "organization")}
    actor = _name(found["actor"]) or NAMES.get(found["actor"]["kind"])
    return render(
        kind.sentence, sentence_parts(found["additional"], **subjects, actor=actor, ip=found.get("ip"))
    )


def _name(subject: dict[str, Any] | None) -> str | None:
    return None if subject is None else subject.get("name") or subject.get("id")
