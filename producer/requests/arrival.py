"""A request as it reached the server: the peer and the headers we look at, nothing believed yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from trailkeeper.producer.event import MAX_USER_AGENT


class Arrival(NamedTuple):
    """The peer's address and some headers, each as text (latin-1, its lines joined by commas) or None.

    An empty *peer* is one without address, on a Unix socket.
    """

    peer: str
    forwarded_for: str | None
    forwarded: str | None
    user_agent: str | None
    request_id: str | None


def of_environ(environ: Mapping[str, Any], request_id_header: str | None) -> Arrival:
    """From a WSGI environ, or Django's META which looks the same."""
    request_id = (
        environ.get(f"HTTP_{request_id_header.upper().replace('-', '_')}") if request_id_header else None
    )
    return Arrival(
        _text(environ.get("REMOTE_ADDR")) or "",
        _text(environ.get("HTTP_X_FORWARDED_FOR")),
        _text(environ.get("HTTP_FORWARDED")),
        _short(_text(environ.get("HTTP_USER_AGENT"))),
        _text(request_id),
    )


def of_scope(scope: Mapping[str, Any], request_id_header: str | None) -> Arrival:
    """From an ASGI scope of type ``http`` or ``websocket``."""
    wanted = (request_id_header or "").lower().encode("latin-1", "replace")
    names = (b"x-forwarded-for", b"forwarded", b"user-agent", wanted)
    forwarded_for, forwarded, user_agent, request_id = _headers(scope.get("headers") or (), names)
    client = scope.get("client")
    return Arrival(
        (_text(client[0]) or "") if client else "",
        forwarded_for,
        forwarded,
        _short(user_agent),
        request_id if wanted else None,
    )


def _headers(headers: Iterable[tuple[bytes, bytes]], names: tuple[bytes, ...]) -> list[str | None]:
    found: dict[bytes, list[bytes]] = {name: [] for name in names}
    for name, value in headers:
        lines = found.get(name.lower())
        if lines is not None:
            lines.append(value)
    return [b", ".join(found[name]).decode("latin-1") if found[name] else None for name in names]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _short(user_agent: str | None) -> str | None:
    """Short enough to be copied freely, and still too long if it was: cutting visibly is left to `emit`."""
    return user_agent[: MAX_USER_AGENT + 1] if user_agent else None
