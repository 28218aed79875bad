"""The request's id: a trusted proxy's, or else a new one."""

from __future__ import annotations

import os
import re

from .arrival import Arrival
from .forwarded import TrustedProxies

DEFAULT_HEADER = "X-Request-ID"
SAFE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
"""No spaces, quotes, brackets or control characters: it goes into logs, pages and commands."""


def believed_request_id(arrival: Arrival, proxies: TrustedProxies, *, trust: bool) -> str | None:
    """The id in the header, if its sender is trusted and its characters are harmless."""
    request_id = arrival.request_id
    if request_id is None or not (trust or proxies.trusts_peer(arrival.peer)):
        return None
    return request_id if SAFE.fullmatch(request_id) else None


def new_request_id() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return os.urandom(16).hex()
