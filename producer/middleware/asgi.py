"""The middleware for ASGI applications: Starlette, FastAPI, Django Channels and the like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

from trailkeeper.producer.batch import batch
from trailkeeper.producer.carrying import awaited
from trailkeeper.producer.frames import handling, running
from trailkeeper.producer.requests.origin import KEY

from .base import RequestMiddleware

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]


class ASGIMiddleware(RequestMiddleware[ASGIApplication]):
    """Tells `emit` who makes the request, for as long as the application handles it or its websocket.

    ``app.add_middleware(ASGIMiddleware, trusted_proxies=["10.0.0.0/8"])``, after all other middleware: what
    is around this one is outside of the request, and so is the server. Tasks started within the request
    belong to it, and what Starlette runs in threads, background tasks among them; threads, executors
    and timers that the application starts itself need `trailkeeper.carry`. If Uvicorn itself believes
    your proxies (``--proxy-headers`` with ``--forwarded-allow-ips``), name none here.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("type") not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        scope = {**scope}
        frame = scope[KEY] = self._frame(scope)
        # a server goes on with the connection, and begins the next request, in the context it is called in
        around = running()
        receive, send = partial(awaited, receive, around), partial(awaited, send, around)
        with handling(frame):
            if self._batches and scope["type"] == "http":
                await self._in_batch(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _in_batch(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with batch() as events:

            async def after_events(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    events.close()  # a response may last for hours
                    await events.asend()  # an event that has to be recorded can still refuse the request
                await send(message)

            await self._app(scope, receive, after_events)
