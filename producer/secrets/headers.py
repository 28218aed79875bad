"""Names that stand beside their values, as in lists of headers and of an environment's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .words import LONGEST_KEY, remembered

_OF_HEADERS = """
    accept accept-charset accept-encoding accept-language authorization cache-control content-encoding
    content-length content-type cookie host if-modified-since if-none-match proxy-authorization referer
    sec-fetch-dest sec-fetch-mode sec-fetch-site set-cookie transfer-encoding upgrade-insecure-requests
    user-agent www-authenticate
"""
_HEADERS = frozenset(_OF_HEADERS.split())
"""Names of headers that are hardly ever anything else; with one of them a list is one of headers."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PAIR = 2


def are_headers(value: Sequence[Any]) -> bool:
    """Whether it is a list of names with their values, at least one of which is a header's."""
    return (
        bool(value)
        and all(
            isinstance(item, (list, tuple)) and len(item) == _PAIR and isinstance(item[0], str)
            for item in value
        )
        and any(_names_header(name) for name, _ in value)
    )


def name_of_value(value: Mapping[Any, Any]) -> str | None:
    """What names the value of ``{"name": "DB_PASSWORD", "value": …}``, as of Kubernetes or HAR; or None."""
    if "value" not in value:
        return None
    name = value.get("name", value.get("key"))
    if isinstance(name, str) and (_names_header(name) or _VARIABLE.fullmatch(name[:LONGEST_KEY])):
        return name
    return None


@remembered
def _names_header(name: str) -> bool:
    name = name.lower()
    return name.startswith("x-") or name in _HEADERS
