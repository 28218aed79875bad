"""The middleware for ASGI applications: Starlette, FastAPI, Django Channels and the like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from trailkeeper.producer.context import KEY, pop, push
from trailkeeper.producer.requests.request_id import DEFAULT_HEADER

from .entrance import Entrance

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]


class ASGIMiddleware:
    """Tells `emit` who asks, for as long as the application handles the request or the websocket.

    ``app.add_middleware(ASGIMiddleware, trusted_proxies=["10.0.0.0/8"])``. Threads and tasks started within
    the request belong to it, background tasks among them.

    Args:
        app: the application.
        trusted_proxies: see `Entrance`. Uvicorn believes proxies itself if told so (``--proxy-headers``,
            with ``--forwarded-allow-ips``); then name none here.
        request_id_header: see `Entrance`.
        trust_request_id: see `Entrance`.

    Raises:
        SettingsError: a trusted proxy is neither an address nor a network.
    """

    def __init__(
        self,
        app: ASGIApplication,
        trusted_proxies: Iterable[str] | None = None,
        request_id_header: str | None = DEFAULT_HEADER,
        *,
        trust_request_id: bool = False,
    ) -> None:
        self._app = app
        self._entrance = Entrance(trusted_proxies, request_id_header, trust_request_id=trust_request_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        frame = self._entrance.frame(scope)
        token = push(frame)
        try:
            await self._app({**scope, KEY: frame}, receive, send)
        finally:
            pop(token)
