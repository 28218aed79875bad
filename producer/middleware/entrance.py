"""What both middlewares do when a request comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from trailkeeper.producer.context import Frame, from_request
from trailkeeper.producer.requests.forwarded import TrustedProxies
from trailkeeper.producer.requests.request_id import new_request_id


class Entrance:
    """Makes the context of each request.

    Args:
        trusted_proxies: addresses and networks whose forwarding headers are believed, or ``unix`` for
            peers on a Unix socket; None reads ``TRAILKEEPER_TRUSTED_PROXIES``.
        request_id_header: the header in which a proxy leaves the request's id; None to ignore any.
        trust_request_id: believe that header from every client, not from trusted proxies only.

    Raises:
        SettingsError: a trusted proxy is neither an address nor a network.
    """

    def __init__(
        self, trusted_proxies: Iterable[str] | None, request_id_header: str | None, *, trust_request_id: bool
    ) -> None:
        self._proxies = TrustedProxies.of(trusted_proxies)
        self._header = request_id_header
        self._trust = trust_request_id

    def frame(self, found: Mapping[str, Any]) -> Frame:
        """The request of a WSGI environ or an ASGI scope, with an id of our own where it brings none."""
        context = from_request(
            found, self._proxies, request_id_header=self._header, trust_request_id=self._trust
        )
        if context.request_id is None:
            context = msgspec.structs.replace(context, request_id=new_request_id())
        return Frame(context)
