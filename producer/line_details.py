"""The details of an event line: short forms written out, and what `emit` forgives forgiven.

An old log has what clients typed and what its own program left out; neither is a reason to lose its line.
"""

from __future__ import annotations

from typing import Any

from .event import MAX_ID
from .requests.forwarded import parse_address
from .validation.arguments import EMPTY
from .validation.cleaning import stored_id, stored_name, stored_payload, without_unstorable
from .validation.text import cut, harmless, is_address

SUBJECTS = ("user", "project", "organization")
NO_ADDRESS = frozenset({"", "-", "unknown"})
"""What servers log where they know none."""


def expanded(fields: dict[str, Any], *, holds_nul: bool) -> dict[str, Any]:
    """A line's object as the stream would carry it. What is no event stays, and is refused later.

    Args:
        fields: as they were read.
        holds_nul: somewhere, so that the payload is to be searched for it.
    """
    full = _with_subjects(fields, SUBJECTS)
    for name in ("actor", "additional"):
        if full.get(name) is None:
            full.pop(name, None)
    if isinstance(actor := full.get("actor"), dict):
        full["actor"] = _actor(actor)
    if isinstance(requester := full.get("requested_by"), dict):
        full["requested_by"] = _named(requester)
    if isinstance(user_agent := full.get("user_agent"), str):
        full["user_agent"] = harmless(user_agent)
    if isinstance(request_id := full.get("request_id"), str):
        full["request_id"] = cut(without_unstorable(request_id), MAX_ID) or None
    if isinstance(ip := full.get("ip"), str) and not is_address(ip):
        full["ip"] = _address(ip)
    if holds_nul and isinstance(payload := full.get("additional"), dict):
        full["additional"] = stored_payload(payload)
    return full


def _address(text: str) -> str | None:
    address = parse_address(text)
    if address:
        return str(address)
    return None if text.strip().lower() in NO_ADDRESS else text.strip()


def _with_subjects(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return fields | {name: _subject(fields[name]) for name in names if name in fields}


def _subject(given: Any) -> Any:
    """A subject; nobody, if it has neither an id nor a name."""
    who = {"id": given} if isinstance(given, str) else given
    if not isinstance(who, dict):
        return given
    if who.get("id") == "":
        return _named(who) | {"id": EMPTY} if who.get("name") else None
    return _named(who)


def _actor(given: dict[str, Any]) -> dict[str, Any]:
    actor = _with_subjects(_named(given), ("on_behalf_of",))
    if isinstance(credential := actor.get("credential"), dict):
        actor["credential"] = _named(credential)
    return actor


def _named(given: dict[str, Any]) -> dict[str, Any]:
    """With ids and names that can be stored; an empty id is none."""
    made = dict(given)
    for name, stored in (
        ("id", stored_id),
        ("kind", stored_id),
        ("name", stored_name),
        ("label", stored_name),
    ):
        if name in given:
            made[name] = stored(given[name])
    return made | {"id": None} if made.get("id") == "" else made
