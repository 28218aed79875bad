"""Limits on the size of a request. No request for a history needs more."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem, response

LONGEST_URL = 8 * 1024
LARGEST_BODY = 64 * 1024

TOO_LONG = f"the address is longer than {LONGEST_URL:,} bytes"
TOO_LARGE = f"the body is larger than {LARGEST_BODY:,} bytes"


class Bounds:
    """Refuses what is too large before anything reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _url_bytes(scope) > LONGEST_URL:
            await response(Problem(414, TOO_LONG))(scope, receive, send)
        elif _declared(scope) > LARGEST_BODY:
            await response(Problem(413, TOO_LARGE))(scope, receive, send)
        else:
            await self._app(scope, _counted(receive), send)


def _url_bytes(scope: Scope) -> int:
    return len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)


def _counted(receive: Receive) -> Receive:
    """Counts the body as it arrives: a request need not declare its length."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise Problem(413, TOO_LARGE)
        return message

    return counted
