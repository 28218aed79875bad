"""The details of an event line: short forms written out, and what `emit` forgives forgiven.

An old log has what clients typed and what its own program left out; neither is a reason to lose its line.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .event import MAX_BYTES, MAX_ID
from .requests.forwarded import parse_address
from .validation.arguments import EMPTY, id_of
from .validation.cleaning import (
    MAX_SIZE,
    fitted,
    stored_id,
    stored_name,
    stored_payload,
    without_unstorable,
)
from .validation.text import CUT, cut, harmless, is_address
from .validation.values import number, whole_number
from .wire import encode

SUBJECTS = ("user", "project", "organization")
NO_ADDRESS = frozenset({"", "-", "unknown"})
"""What servers log where they know none."""


def leniently_read(raw: bytes) -> dict[str, Any] | None:
    """A line that is refused for a text or number that `emit` stores; None if it is no JSON object.

    Half of a surrogate pair, as a text has that was cut in two, becomes ``�``; NaN, infinities and numbers
    that are too large become texts.
    """
    try:
        fields = json.loads(
            raw.decode("utf-8", "surrogatepass"), parse_constant=str, parse_float=_float, parse_int=_integer
        )
        return stored_payload(fields) if type(fields) is dict else None
    except (ValueError, RecursionError):
        return None


def _float(digits: str) -> Any:
    return number(float(digits))


def _integer(digits: str) -> Any:
    if len(digits) > sys.int_info.default_max_str_digits:
        return f"{CUT} a number of about {len(digits):,} digits"
    return whole_number(int(digits))


def made_to_fit(full: dict[str, Any], encoded: bytes) -> dict[str, Any]:
    """A line's object, its payload cut if the whole, which is *encoded*, is more than an event may be."""
    payload = full.get("additional")
    if len(encoded) <= MAX_BYTES or not isinstance(payload, dict):
        return full
    others = len(encode(full | {"additional": {}}))
    return full | {"additional": fitted(payload, MAX_SIZE - others)}


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
    if type(request_id := full.get("request_id")) is int:
        full["request_id"] = id_of("request_id", request_id)
    elif isinstance(request_id, str):
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
    who = {"id": given} if isinstance(given, str) or type(given) is int else given
    if not isinstance(who, dict):
        return given
    if who.get("id") == "":
        return _named(who) | {"id": EMPTY} if who.get("name") else None
    return _named(who)


def _actor(given: dict[str, Any]) -> dict[str, Any]:
    actor = _with_subjects(_named(given), ("on_behalf_of",))
    if isinstance(credential := actor.get("credential"), dict):
        actor["credential"] = credential = _named(credential)
        if credential.get("id_is_public") is None:
            credential.pop("id_is_public", None)
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
