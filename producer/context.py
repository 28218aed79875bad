"""The context of the request being handled: who makes it, and from where.

The middleware sets it, `emit` reads it. It follows the request into tasks and into threads
that copy the context, as `asyncio.to_thread` does; `carry` takes it to all others. An actor
set in one of them is seen by all.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import msgspec

from .errors import InvalidEvent
from .event import ANONYMOUS, Actor
from .mistakes import report
from .requests.arrival import of_environ, of_scope
from .requests.forwarded import TrustedProxies, client_address
from .requests.request_id import DEFAULT_HEADER, believed_request_id

P = ParamSpec("P")
T = TypeVar("T")

KEY = "trailkeeper.context"
"""Where the middleware puts the running request in a WSGI environ or an ASGI scope."""


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the request that an event happens in.

    Attributes:
        ip: the client's address, normalised; None if there is no trustworthy one.
        user_agent: as sent, cut to one character more than an event holds.
        request_id: the same for all events of one request.
        actor: who the application says is acting; None until it does.
    """

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    actor: Actor | None = None


class Frame:
    """A running request, or the changes of a `bind` within one. Shared by the request's threads and tasks.

    Args:
        own: the request's context.
        parent: what a `bind` is within.
        outer: what another middleware made around this request; its actor acts where this one has none.
        **changes: those of a `bind`.
    """

    __slots__ = ("_changes", "_outer", "_own", "_parent")

    def __init__(
        self, own: RequestContext, parent: Frame | None = None, *, outer: Frame | None = None, **changes: Any
    ) -> None:
        self._own = own
        self._parent = parent
        self._outer = outer
        self._changes = changes

    @property
    def context(self) -> RequestContext:
        """The context as of now, with an actor that was set after the frame was made."""
        origin, actor = self.origin, self.actor
        return origin if origin.actor is actor else msgspec.structs.replace(origin, actor=actor)

    @property
    def origin(self) -> RequestContext:
        """Address, user agent and id. Its actor means nothing: no user is looked up for it."""
        if self._parent is None:
            return self._own
        return msgspec.structs.replace(self._parent.origin, **self._changes)

    @property
    def actor(self) -> Actor | None:
        """Who acts now."""
        if "actor" in self._changes:
            return self._changes["actor"]  # type: ignore[no-any-return]
        if self._parent is not None:
            return self._parent.actor
        return self._outer.actor if self._own.actor is None and self._outer is not None else self._own.actor

    @property
    def stated_actor(self) -> Actor | None:
        """Who acts in the request itself by `set_actor`, or by whoever made the context."""
        return self._own.actor

    @property
    def request_actor(self) -> Actor | None:
        """Whose the address is: the actor of the request that all these changes are within.

        Or else of the outermost `bind` of an actor, or of one that states an address with its actor.
        """
        if self._parent is None:
            return self.actor
        if {"ip", "actor"} <= self._changes.keys():
            return self._changes["actor"]  # type: ignore[no-any-return]
        outer = self._parent.request_actor
        return self._changes.get("actor", outer) if outer in (None, ANONYMOUS) else outer

    @property
    def binds_actor(self) -> bool:
        """Whether a `bind` names an actor."""
        return "actor" in self._changes or (self._parent is not None and self._parent.binds_actor)

    def is_within(self, request: Frame) -> bool:
        """Whether it is that request, or a `bind` within it."""
        return self is request or (self._parent is not None and self._parent.is_within(request))

    def carried(self) -> Frame:
        """What `carry` takes along: this one, unless the request has a user who is to stay the same."""
        parent = None if self._parent is None else self._parent.carried()
        if parent is self._parent:
            return self
        frame = Frame(NOTHING, parent)
        frame._changes = self._changes  # shared: an actor set in one of them is seen by all
        return frame

    def set_actor(self, actor: Actor | None) -> None:
        """Set the actor where it was set last: in the innermost `bind` of an actor, or in the request."""
        if self._parent is None:
            self._own = msgspec.structs.replace(self._own, actor=actor)
        elif "actor" in self._changes:
            self._changes["actor"] = actor
        else:
            self._parent.set_actor(actor)


NOTHING = RequestContext()
ONE_CONTEXT = "`set_actor`, or a generator whose steps all run in one context, such as an async dependency"
_running: ContextVar[Frame | None] = ContextVar("trailkeeper_request", default=None)


def request_actor(request: Any, acting: Actor | None) -> Actor | None:
    """Whose the address of a request is, in which *acting* acts: another one's, if a `bind` named that.

    Args:
        request: in any form of `from_request`; None for the running one.
        acting: the actor of its context.
    """
    if isinstance(request, RequestContext):
        running = _running.get()
        return running.request_actor if acting is None and running is not None else acting
    frame = frame_around(request)
    return frame.request_actor if frame is not None and frame.binds_actor else acting


def current() -> RequestContext:
    """The context of the running request; an empty one outside of any request."""
    frame = _running.get()
    return NOTHING if frame is None else frame.context


@contextmanager
def bind(**changes: Any) -> Iterator[None]:
    """Change the context for the events of a block, such as their actor.

    ``with bind(actor=robot): ...``

    Args:
        **changes: fields of `RequestContext`; the others stay as they are.

    A field that `RequestContext` does not have is logged and left out; in tests it is `InvalidEvent`. So is
    a block around a `yield` that goes on in another context, as in a synchronous dependency of FastAPI,
    whose steps run in threads: what is bound there ends at the `yield`.
    """
    if unknown := changes.keys() - set(RequestContext.__struct_fields__):
        expected = ", ".join(RequestContext.__struct_fields__)
        report(InvalidEvent("bind", f"it got {', '.join(sorted(unknown))}", expected))
        changes = {name: value for name, value in changes.items() if name not in unknown}
    token = push(Frame(NOTHING, _running.get() or Frame(NOTHING), **changes))
    is_closed = False
    try:
        yield
    except GeneratorExit:  # perhaps by the garbage collector, which runs anywhere
        is_closed = True
        raise
    finally:
        if not pop(token) and not is_closed:
            report(InvalidEvent("bind", "its block went on in another context, without it", ONE_CONTEXT))


def set_actor(actor: Actor | None) -> None:
    """Set the actor of the running request's events from now on: call it once a login succeeded.

    Outside of a request it sets nothing, as the actor would leak into whatever runs next; that is
    logged, and in tests it is `InvalidEvent`.
    """
    frame = _running.get()
    if frame is None:
        expected = "`with bind(actor=...)`, `carry`, or the middleware"
        report(InvalidEvent("set_actor", "it was called outside of a request", expected))
        return
    frame.set_actor(actor)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """A function that runs in this request wherever it is called: a thread, an executor, a timer, a greenlet.

    ``executor.submit(carry(send_mail), address)``, ``Timer(5, carry(expire)).start()``. What it emits
    has this request's address, user agent, id and actor, even after the response was sent; a framework's
    user is who it is now, whoever logs in or out later, unless `set_actor` names another. Also for
    generators and coroutine functions, which stay what they are to whoever asks. Outside of a request it
    is the function itself.
    """
    frame = _running.get()
    return function if frame is None else within(frame.carried(), function)


def within(frame: Frame, function: Callable[P, T]) -> Callable[P, T]:
    """A function that runs in that request wherever it is called."""
    called = getattr(function, "__call__", function)  # noqa: B004 - an object's, which may be a coroutine function
    for is_of_kind, run in KINDS:
        if is_of_kind(function) or is_of_kind(called):
            return wraps(function)(partial(run, function, frame))
    return wraps(function)(partial(_called, function, frame))


def _called(function: Callable[..., Any], frame: Frame, /, *args: Any, **kwargs: Any) -> Any:
    with _within(frame):
        result = function(*args, **kwargs)
    for kind, run in ((Coroutine, _awaited), (Generator, _steps), (AsyncGenerator, _async_steps)):
        if isinstance(result, kind):
            return run(lambda: result, frame)
    return result


async def _awaited(function: Callable[..., Any], frame: Frame, /, *args: Any, **kwargs: Any) -> Any:
    with _within(frame):
        return await function(*args, **kwargs)


def _steps(
    function: Callable[..., Any], frame: Frame, /, *args: Any, **kwargs: Any
) -> Generator[Any, Any, Any]:
    """A generator whose steps run within the frame, each for itself."""
    generator = function(*args, **kwargs)
    step = partial(next, generator)
    while True:
        try:
            with _within(frame):
                item = step()
        except StopIteration as end:
            return end.value
        try:
            step = partial(generator.send, (yield item))
        except GeneratorExit:
            with _within(frame):
                generator.close()
            raise
        except BaseException as error:  # noqa: BLE001 - for the generator, whatever it is
            step = partial(generator.throw, error)


async def _async_steps(
    function: Callable[..., Any], frame: Frame, /, *args: Any, **kwargs: Any
) -> AsyncGenerator[Any, Any]:
    """`_steps` of an asynchronous generator."""
    generator = function(*args, **kwargs)
    step = generator.__anext__
    while True:
        try:
            with _within(frame):
                item = await step()
        except StopAsyncIteration:
            return
        try:
            step = partial(generator.asend, (yield item))
        except GeneratorExit:
            with _within(frame):
                await generator.aclose()
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            step = partial(generator.athrow, error)


KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (inspect.iscoroutinefunction, _awaited),
    (inspect.isgeneratorfunction, _steps),
    (inspect.isasyncgenfunction, _async_steps),
)
"""What frameworks ask of a function before they call it, and what runs one that is it."""


@contextmanager
def _within(frame: Frame) -> Iterator[None]:
    token = push(frame)
    try:
        yield
    finally:
        pop(token)


def push(frame: Frame | RequestContext) -> Token[Frame | None]:
    """Make a request the running one, until `pop` is called with the returned token. For middleware."""
    return _running.set(frame if isinstance(frame, Frame) else Frame(frame))


def pop(token: Token[Frame | None]) -> bool:
    """Undo a `push`. Whether that was in this context: nothing is to be undone in another one."""
    try:
        _running.reset(token)
    except ValueError:
        return False
    return True


def from_request(
    request: Any,
    trusted_proxies: TrustedProxies | Iterable[str] = (),
    *,
    request_id_header: str | None = DEFAULT_HEADER,
    trust_request_id: bool = False,
) -> RequestContext:
    """The context of a request, with the actor that `bind` or `set_actor` set.

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
    running = _running.get()
    return origin if running is None else msgspec.structs.replace(origin, actor=running.actor)


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
    running = _running.get()
    return running if running is not None and running.is_within(frame) else frame


def frame_around(request: Any) -> Frame | None:
    """`frame_of` a request, or else the running one, as always if *request* is None."""
    frame = None if request is None else frame_of(request)
    return _running.get() if frame is None else frame


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
