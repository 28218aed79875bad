"""URLs of servers without their secrets, for messages."""

from __future__ import annotations

import re
from urllib.parse import unquote

IN_QUERY = re.compile(r"(?<=[?&])([^=&]*(?:pass|secret|token)[^=&]*)=[^&#]*", re.IGNORECASE)


def without_password(url: str) -> str:
    """A URL with every secret in it masked; of an odd one, too much rather than too little."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "(not a URL)"
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    masked = IN_QUERY.sub(r"\1=***", place)
    return unquote(f"{scheme}://{user}{':***' if colon else ''}{at}{masked}")
