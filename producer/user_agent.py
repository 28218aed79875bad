"""User agents are written by clients: as long as they like."""

from __future__ import annotations

from .event import MAX_USER_AGENT

CUT = "…"
"""How a cut user agent ends."""


def fitted(user_agent: str) -> str:
    """The user agent if an event can hold it, else its beginning, ending in `CUT`."""
    if len(user_agent) <= MAX_USER_AGENT:
        return user_agent
    return user_agent[: MAX_USER_AGENT - len(CUT)] + CUT
