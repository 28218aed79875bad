"""What both middlewares share: their arguments, and the context of each request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from trailkeeper.producer.frames import Frame, RequestContext
from trailkeeper.producer.log_line import logger
from trailkeeper.producer.requests.forwarded import TrustedProxies
from trailkeeper.producer.requests.origin import frame_around, origin_of
from trailkeeper.producer.requests.request_id import DEFAULT_HEADER, new_request_id

App = TypeVar("App")


class RequestMiddleware(Generic[App]):
    """Gives each request its context, which `emit` reads.

    Args:
        app: the application.
        trusted_proxies: addresses and networks whose forwarding headers are believed, or ``unix`` for
            peers on a Unix socket; read from ``TRAILKEEPER_TRUSTED_PROXIES`` if None.
        request_id_header: the header in which a proxy passes the request's id; None to ignore any.
        trust_request_id: believe that header from every client, not from trusted proxies only.
        batch: send the events of a request together, after the application has handled it and before the
            response begins; see `trailkeeper.batch`.

    Raises:
        SettingsError: a trusted proxy is neither an address nor a network.
    """

    def __init__(
        self,
        app: App,
        trusted_proxies: Iterable[str] | None = None,
        request_id_header: str | None = DEFAULT_HEADER,
        *,
        trust_request_id: bool = False,
        batch: bool = False,
    ) -> None:
        self._app = app
        self._batches = batch
        self._proxies = TrustedProxies.of(trusted_proxies)
        self._header = request_id_header
        self._trust = trust_request_id

    def _frame(self, request: Mapping[str, Any]) -> Frame:
        """The frame of a WSGI environ or an ASGI scope."""
        own, outer = self._arrived(request)
        return Frame(own, outer=outer)

    def _arrived(self, request: Any) -> tuple[RequestContext, Frame | None]:
        """The context of a request in any form of `from_request`, and the frame around it.

        The context has a new request id if the request brings none. It has no actor: whoever acts around it
        may be another one.
        Never raises an Exception: a request that cannot be read is served all the same.
        """
        outer = None
        try:
            outer = frame_around(request)
            context = origin_of(
                request, self._proxies, request_id_header=self._header, trust_request_id=self._trust
            )
        except Exception:  # noqa: BLE001 - whatever a server hands over, the request is served
            logger.exception("request_unreadable: its events have no address and no user agent")
            context = RequestContext()
        if context.request_id is None:
            context = msgspec.structs.replace(context, request_id=new_request_id())
        return context, outer
