"""One event as one viewer may see it: the same JSON everywhere, without what is hidden."""

from __future__ import annotations

from typing import Any

from trailkeeper.models.histories import ExportRow, StoredEvent, as_json, texts_as_json
from trailkeeper.models.stored_json import decode_json
from trailkeeper.producer.catalogue import EventType, render, sentence_parts

from .names import name_of
from .policy import STAFF, Policy, Sight
from .viewer import Viewer

ORIGIN = ("ip", "location", "client", "network", "request_id")
"""The actor's, besides the credential: absent where the origin is withheld."""

CREDENTIAL = "actor.credential"

NAMES = {"system": "The system", "staff": "Staff", "service": "A service"}


def masked(policy: Policy, viewer: Viewer, event: StoredEvent) -> dict[str, Any] | None:
    """The event's JSON for a viewer, or None if the viewer may not see it.

    A masked key is absent and named in ``withheld``, an unknown value is null. Others see staff as
    ``{"kind": "staff"}``, without address, location, client and network.
    """
    sight = policy.sight(viewer, event)
    return None if sight is None else _masked(policy, sight, as_json(event, None))


def masked_row(policy: Policy, viewer: Viewer, row: ExportRow) -> dict[str, Any] | None:
    """The same for a row of an export."""
    event, derivations = row
    sight = policy.sight(viewer, event)
    if sight is None:
        return None
    return _masked(
        policy, sight, texts_as_json(event, derivations, _decoded(event.additional), _decoded(event.extras))
    )


def _masked(policy: Policy, sight: Sight, event: dict[str, Any]) -> dict[str, Any]:
    """An event's JSON as far as it is seen, with its sentence."""
    event["view"] = sight.view
    withheld: list[str] = []
    event["withheld"] = withheld
    if not sight.origin:
        withheld += _without_origin(event)
    if not sight.extras:
        del event["extras"]  # not named: nobody but admins ever has it
    if not sight.credential:
        withheld.append(CREDENTIAL)
        del event["actor"]["credential"]
    if sight.payload == "redacted":
        withheld += _without_private(event, policy.open_keys(event["tag"]))
    event["sentence"] = _sentence(event, policy.catalogue.get(event["tag"]))
    return event


def _without_origin(event: dict[str, Any]) -> list[str]:
    for key in ORIGIN:
        del event[key]
    return [*ORIGIN]


def _without_private(event: dict[str, Any], open_keys: frozenset[str]) -> list[str]:
    """What is withheld is the same for every event of a tag, so that it tells nothing of this one."""
    event["additional"] = {key: value for key, value in event["additional"].items() if key in open_keys}
    if event["actor"]["kind"] != STAFF:
        return ["additional.private"]
    event["actor"] = {"kind": STAFF}
    return ["additional.private", "actor.id", "actor.name", "actor.on_behalf_of"]


def _sentence(event: dict[str, Any], kind: EventType | None) -> str | None:
    """Built only from visible fields, so that a sentence never reveals a hidden one."""
    if kind is None:
        return None
    parts = sentence_parts(
        event["additional"],
        user=name_of(event["user"]),
        project=name_of(event["project"]),
        organization=name_of(event["organization"]),
        actor=name_of(event["actor"]) or NAMES.get(event["actor"]["kind"]),
        ip=event.get("ip"),
    )
    return render(kind.sentence, parts)


def _decoded(text: str | None) -> dict[str, Any]:
    decoded: dict[str, Any] = decode_json(text) if text else {}
    return decoded
