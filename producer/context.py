"""Who asks, from where: the context of the request being handled.

The middleware sets it, `emit` reads it. It follows the request into threads and
tasks that copy the context, and an actor named there is known to all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

import msgspec

from .errors import InvalidEvent
from .event import Actor
from .requests.arrival import Arrival, of_environ, of_scope
from .requests.forwarded import TrustedProxies, client_address
from .requests.request_id import DEFAULT_HEADER, believed_request_id

KEY = "trailkeeper.context"
"""Where the middleware leaves the running request in a WSGI environ or an ASGI scope."""


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the request that an event happens in.

    Attributes:
        ip: the client's address, normalised; None where there is none to believe.
        user_agent: as sent, but at most one character longer than an event holds.
        request_id: the same for all events of one request.
        actor: who the application found to be acting; None until it says so.
    """

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    actor: Actor | None = None


class Frame:
    """A running request, or what `bind` changed within one. Shared by the threads and tasks of a request."""

    __slots__ = ("_changes", "_own", "_parent")

    def __init__(self, own: RequestContext, parent: Frame | None = None, **changes: Any) -> None:
        self._own = own
        self._parent = parent
        self._changes = changes

    @property
    def context(self) -> RequestContext:
        """As of now: with an actor that was named after the frame was made."""
        if self._parent is None:
            return self._own
        return msgspec.structs.replace(self._parent.context, **self._changes)

    def is_within(self, request: Frame) -> bool:
        """Whether it is that request, or what `bind` changed within it."""
        return self is request or (self._parent is not None and self._parent.is_within(request))

    def set_actor(self, actor: Actor | None) -> None:
        """Name the actor where it was named last: in the innermost bind of an actor, or the request."""
        if self._parent is None:
            self._own = msgspec.structs.replace(self._own, actor=actor)
        elif "actor" in self._changes:
            self._changes["actor"] = actor
        else:
            self._parent.set_actor(actor)


NOTHING = RequestContext()
_running: ContextVar[Frame | None] = ContextVar("trailkeeper_request", default=None)


def current() -> RequestContext:
    """What is known of the running request; outside of one, nothing."""
    frame = _running.get()
    return NOTHING if frame is None else frame.context


@contextmanager
def bind(**changes: Any) -> Iterator[None]:
    """Let the events of a block carry something else, such as another actor.

    ``with bind(actor=robot): ...``

    Args:
        **changes: fields of `RequestContext`; the others stay what they are.

    Raises:
        TypeError: a name that `RequestContext` does not have.
    """
    if unknown := changes.keys() - set(RequestContext.__struct_fields__):
        expected = ", ".join(RequestContext.__struct_fields__)
        raise TypeError(f"bind() got {', '.join(sorted(unknown))}; expected {expected}")
    token = push(Frame(NOTHING, _running.get() or Frame(NOTHING), **changes))
    try:
        yield
    finally:
        pop(token)


def set_actor(actor: Actor | None) -> None:
    """From now on, events of the running request name this actor: call it once the login succeeded.

    Raises:
        RuntimeError: no request is running; an actor set there would stay for whatever comes next.
    """
    frame = _running.get()
    if frame is None:
        raise RuntimeError(
            "set_actor() outside of a request; use `with bind(actor=...)`, or add the middleware"
        )
    frame.set_actor(actor)


def push(frame: Frame | RequestContext) -> Token[Frame | None]:
    """Make a request the running one, until `pop` of what is returned. For middleware."""
    return _running.set(frame if isinstance(frame, Frame) else Frame(frame))


def pop(token: Token[Frame | None]) -> None:
    """Return to what was before `push`."""
    try:
        _running.reset(token)
    except ValueError:  # closed by the collector in another context, where nothing was pushed
        return


def from_request(
    request: Any,
    trusted_proxies: TrustedProxies | Iterable[str] = (),
    *,
    request_id_header: str | None = DEFAULT_HEADER,
    trust_request_id: bool = False,
) -> RequestContext:
    """What a request says of itself, with the actor that `bind` or `set_actor` named.

    Args:
        request: a WSGI environ, an ASGI scope, a request of Flask, Django, Starlette or another framework
            that offers ``.scope``, ``.META`` or ``.environ``, or a `RequestContext`.
        trusted_proxies: addresses and networks whose forwarding headers are believed.
        request_id_header: where a proxy leaves the request's id; None to look nowhere.
        trust_request_id: believe that header from every client, not from trusted proxies only.

    Raises:
        InvalidEvent: *request* is nothing of that.
        SettingsError: a trusted proxy is neither an address nor a network.
    """
    if isinstance(request, RequestContext):
        return request
    found = _mapping_of(request)
    running = _running.get()
    if isinstance(frame := found.get(KEY), Frame):
        return running.context if running and running.is_within(frame) else frame.context
    proxies = TrustedProxies.of(trusted_proxies)
    arrival = _arrival(found, request_id_header)
    return RequestContext(
        ip=client_address(arrival, proxies),
        user_agent=arrival.user_agent,
        request_id=believed_request_id(arrival, proxies, trust=trust_request_id),
        actor=running.context.actor if running else None,
    )


def _arrival(found: Mapping[str, Any], request_id_header: str | None) -> Arrival:
    read = of_scope if found.get("type") in {"http", "websocket"} else of_environ
    return read(found, request_id_header)


def _mapping_of(request: Any) -> Mapping[str, Any]:
    if isinstance(request, Mapping):
        return request
    for name in ("scope", "META", "environ"):
        if isinstance(found := getattr(request, name, None), Mapping):
            return found
    raise InvalidEvent(
        "request",
        f"a {type(request).__name__} without .scope, .META or .environ",
        "a request of Flask, Django or Starlette, a WSGI environ, an ASGI scope or a RequestContext",
    )
