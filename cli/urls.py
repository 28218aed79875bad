"""URLs of servers without their secrets, for messages."""

from __future__ import annotations

import re
from urllib.parse import unquote

BETWEEN_URLS = re.compile(r" +(?=rediss?(?:\+\w+)?://|unix://)")
IN_QUERY = re.compile(r"(?<=[?&])([^=&]*(?:pass|secret|token)[^=&]*)=[^&#]*", re.IGNORECASE)


def without_password(url: str) -> str:
    """A URL, or several, with every secret masked; of an odd one, too much rather than too little."""
    return " ".join(map(_without_password, BETWEEN_URLS.split(url)))


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "(not a URL)"
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    masked = IN_QUERY.sub(r"\1=***", place)
    return unquote(f"{scheme}://{user}{':***' if colon else ''}{at}{masked}")
