"""How a client is called in a history, in the words PyPI uses."""

from __future__ import annotations

NO_USER_AGENT = "No User-Agent"
UNKNOWN_USER_AGENT = "Unknown User-Agent"
UNKNOWN_BROWSER = "Unknown Browser"


def browser(name: str | None, os: str | None, device: str | None) -> str:
    """Such as "Chrome Mobile iOS (iOS on iPhone)", "Firefox (Ubuntu)", "Unknown Browser"."""
    return with_details(name or UNKNOWN_BROWSER, os, device)


def with_details(name: str, what: str | None, on: str | None) -> str:
    """Such as "poetry (CPython on Linux)", "twine (CPython)", "maturin"."""
    details = " on ".join(part for part in (what, on) if part)
    return f"{name} ({details})" if details else name
