"""Client and scheme of a request as our own proxies tell them, by the same rules as in applications."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from trailkeeper.producer.requests.arrival import of_scope
from trailkeeper.producer.requests.forwarded import TrustedProxies, client_address

PROTO = b"x-forwarded-proto"
SCHEMES = (b"http", b"https")


class ForwardingMiddleware:
    """Writes them into the ASGI scope, so that everything behind it has them.

    Args:
        app: the service.
        proxies: whose headers are believed.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            arrival = of_scope(scope, None)
            if self._proxies.trusts_peer(arrival.peer):
                address = client_address(arrival, self._proxies)
                client = scope.get("client") if address is None else (address, 0)
                scope = {**scope, "client": client, "scheme": _scheme(scope)}
        await self._app(scope, receive, send)


def _scheme(scope: Scope) -> str:
    """As the nearest proxy says: the last of what it and those before it appended."""
    said = b",".join(value for name, value in scope["headers"] if name == PROTO)
    last = said.rpartition(b",")[2].strip().lower()
    return last.decode() if last in SCHEMES else str(scope["scheme"])
