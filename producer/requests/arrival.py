"""A request as it reached the server: the peer and the headers we read, none of them trusted yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple

from trailkeeper.producer.event import MAX_USER_AGENT
from trailkeeper.producer.validation.values import decoded


class Arrival(NamedTuple):
    """The peer's address and some headers, each as text (lines joined by commas) or None.

    *peer* is empty if it has no address, on a Unix socket.
    """

    peer: str
    forwarded_for: str | None
    forwarded: str | None
    user_agent: str | None
    request_id: str | None


def of_environ(environ: Mapping[str, Any], request_id_header: str | None) -> Arrival:
    """From a WSGI environ, or Django's META, which looks the same."""
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
    id_header = (request_id_header or "").lower().encode("latin-1", "replace")
    names = (b"x-forwarded-for", b"forwarded", b"user-agent", id_header)
    forwarded_for, forwarded, user_agent, request_id = _headers(_kept_headers(scope), names)
    client = scope.get("client")
    return Arrival(
        (_text(client[0]) or "") if client else "",
        forwarded_for,
        forwarded,
        _short(user_agent),
        request_id if id_header else None,
    )


def _kept_headers(scope: Mapping[str, Any]) -> Iterable[tuple[bytes, bytes]]:
    """The headers of a scope, which may be an iterator: read once, for us and for the application."""
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers") or ()
    if not isinstance(headers, Collection):
        headers = list(headers)
        if isinstance(scope, MutableMapping):
            scope["headers"] = headers
    return headers


def _headers(headers: Iterable[tuple[bytes, bytes]], names: tuple[bytes, ...]) -> list[str | None]:
    lines: dict[bytes, list[bytes]] = {name: [] for name in names}
    for name, value in headers:
        if (own_lines := lines.get(name.lower())) is not None:
            own_lines.append(value)
    return [decoded(b", ".join(lines[name])) if lines[name] else None for name in names]


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    if value.isascii():
        return value
    try:
        return decoded(value.encode("latin-1"))  # as WSGI has the bytes of a header
    except UnicodeEncodeError:
        return value  # a framework read it already


def _short(user_agent: str | None) -> str | None:
    """Cut, but still one character too long if it was too long: `emit` cuts it with a mark."""
    return None if user_agent is None else user_agent[: MAX_USER_AGENT + 1]
