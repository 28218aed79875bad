"""URLs of servers without their secrets, for messages."""

from __future__ import annotations

import re
from urllib.parse import unquote

BETWEEN_URLS = re.compile(r"\s+(?=rediss?(?:\+\w+)?://|unix://)")
MASK = "***"
_HOST = r"(?:\[[^\[\]@]*\]|[^:/\[\],@]*)(?::[0-9]*)?"
_PLACE = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/.*)?", re.DOTALL)
"""Hosts with ports, and a path: what stands behind another colon may be a password without its ``@``."""
_SECRET_LIKE = re.compile(r"pass|secret|token|cred|auth|(?<![a-z])key\b|_key\b", re.IGNORECASE)


def without_password(url: str) -> str:
    """A URL, or several, with every secret masked; of an odd one, too much rather than too little."""
    return " ".join(map(_without_password, BETWEEN_URLS.split(url)))


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "(not a URL)"
    place, mark, query = rest.partition("?")
    if "@" in query:  # a password's, in the query or before the host: nobody can tell where it ends
        return f"{unquote(scheme)}://{unquote(place.partition(':')[0])}{mark}{MASK}"
    return f"{unquote(scheme)}://{_masked_place(place)}{mark}{'&'.join(map(_masked, query.split('&')))}"


def _masked_place(place: str) -> str:
    credentials, at, place = place.rpartition("@")
    user, colon, _ = credentials.partition(":")
    if not _PLACE.fullmatch(place):
        place = f"{place.partition(':')[0]}:{MASK}"
    return f"{unquote(user)}{f':{MASK}' if colon else ''}{at}{unquote(place)}"


def _masked(option: str) -> str:
    """A name and its value. What is no such pair may be the rest of a password with an ``&``."""
    from trailkeeper.producer.secrets.words import (  # noqa: PLC0415 - slow to import
        may_name_assigned,
        names_assigned,
    )

    name, equals, _ = option.partition("=")
    name, plain = unquote(name), unquote(option)
    is_secret = names_assigned(name) or may_name_assigned(name) or _SECRET_LIKE.search(plain)
    if option and not equals:
        return MASK
    return f"{name}={MASK}" if is_secret else plain
