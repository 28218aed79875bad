"""The context of a framework's request: the frame that a middleware made, or what the request says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.frames import Frame, RequestContext, running

from .arrival import of_environ, of_scope
from .forwarded import TrustedProxies, client_address
from .request_id import DEFAULT_HEADER, believed_request_id

KEY = "trailkeeper.context"
"""Where the middleware puts the running request in a WSGI environ or an ASGI scope."""


def from_request(
    request: Any,
    trusted_proxies: TrustedProxies | Iterable[str] = (),
    *,
    request_id_header: str | None = DEFAULT_HEADER,
    trust_request_id: bool = False,
) -> RequestContext:
    """The context of a request, with the actor that `bind` or `set_actor` set.

    Of a request that no middleware knows nobody acts but whom `bind` names, unless it came from where the
    running one did: then it is that one, as an adapter made it anew.

    Args:
        request: a WSGI environ, an ASGI scope, a request of Flask, Django, Starlette or another framework
            that has ``.scope``, ``.META`` or ``.environ``, or a `RequestContext`.
        trusted_proxies: addresses and networks whose forwarding headers are believed.
        request_id_header: the header in which a proxy passes the request's id; None to ignore any.
        trust_request_id: believe that header from every client, not from trusted proxies only.

    Raises:
        InvalidEvent: *request* is none of these.
        SettingsError: a trusted proxy is neither an address nor a network.
    """
    if isinstance(request, RequestContext):
        return request
    if (frame := frame_of(request)) is not None:
        return frame.context
    origin = origin_of(
        request, trusted_proxies, request_id_header=request_id_header, trust_request_id=trust_request_id
    )
    frame, around = frame_from(request, origin.ip), running()
    if frame is not None:
        return msgspec.structs.replace(origin, actor=frame.actor)
    return origin if around is None else msgspec.structs.replace(origin, actor=around.bound_actor)


def origin_of(
    request: Any,
    trusted_proxies: TrustedProxies | Iterable[str],
    *,
    request_id_header: str | None,
    trust_request_id: bool,
) -> RequestContext:
    """`from_request` without an actor: nobody is looked up."""
    if (frame := frame_of(request)) is not None:
        return msgspec.structs.replace(frame.origin, actor=None)
    mapping = mapping_of(request)
    proxies = TrustedProxies.of(trusted_proxies)
    arrival_of = (
        of_scope if mapping.get("type") in ("http", "websocket") else of_environ
    )  # a set would hash it
    arrival = arrival_of(mapping, request_id_header)
    return RequestContext(
        ip=client_address(arrival, proxies),
        user_agent=arrival.user_agent,
        request_id=believed_request_id(arrival, proxies, trust=trust_request_id),
    )


def frame_of(request: Any) -> Frame | None:
    """The frame that a middleware made for a request, or the `bind` within it that is running."""
    frame = mapping_of(request).get(KEY)
    if not isinstance(frame, Frame):
        return None
    around = running()
    return around if around is not None and around.is_within(frame) else frame


def frame_around(request: Any) -> Frame | None:
    """What runs around a request that begins: `frame_of` it, or else the running one; none that is over."""
    frame = frame_of(request) or running()
    return None if frame is None or frame.is_over else frame


def frame_from(request: Any, address: str | None) -> Frame | None:
    """`frame_of` a request, or else the running one if that came from the same address."""
    if (frame := frame_of(request)) is not None:
        return frame
    around = running()
    return around if around is not None and around.origin.ip == address else None


def mapping_of(request: Any) -> Mapping[str, Any]:
    """The WSGI environ or ASGI scope of a request in any form of `from_request`.

    Raises:
        InvalidEvent: it has none.
    """
    if isinstance(request, Mapping):
        return request
    for name in ("scope", "META", "environ"):
        if isinstance(mapping := getattr(request, name, None), Mapping):
            return mapping
    raise InvalidEvent(
        "request",
        f"a {type(request).__name__} without .scope, .META or .environ",
        "a request of Flask, Django or Starlette, a WSGI environ, an ASGI scope or a RequestContext",
    )
