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
from .event import Actor
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
    """A running request, or the changes of a `bind` within one. Shared by the request's threads and tasks."""

    __slots__ = ("_changes", "_own", "_parent")

    def __init__(self, own: RequestContext, parent: Frame | None = None, **changes: Any) -> None:
        self._own = own
        self._parent = parent
        self._changes = changes

    @property
    def context(self) -> RequestContext:
        """The context as of now, with an actor that was set after the frame was made."""
        if self._parent is None:
            return self._own
        return msgspec.structs.replace(self._parent.context, **self._changes)

    @property
    def request_actor(self) -> Actor | None:
        """The actor of the request that all these changes are within; or else of the outermost `bind`."""
        outer = None if self._parent is None else self._parent.request_actor
        return self._changes.get("actor", self._own.actor) if outer is None else outer

    def is_within(self, request: Frame) -> bool:
        """Whether it is that request, or a `bind` within it."""
        return self is request or (self._parent is not None and self._parent.is_within(request))

    def set_actor(self, actor: Actor | None) -> None:
        """Set the actor where it was set last: in the innermost `bind` of an actor, or in the request."""
        if self._parent is None:
            self._own = msgspec.structs.replace(self._own, actor=actor)
        elif "actor" in self._changes:
            self._changes["actor"] = actor
        else:
            self._parent.set_actor(actor)


NOTHING = RequestContext()
_running: ContextVar[Frame | None] = ContextVar("trailkeeper_request", default=None)


def request_actor() -> Actor | None:
    """The actor of the running request itself, whoever acts in a `bind` within it."""
    frame = _running.get()
    return None if frame is None else frame.request_actor


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

    A field that `RequestContext` does not have is logged and left out; in tests it is `InvalidEvent`.
    """
    if unknown := changes.keys() - set(RequestContext.__struct_fields__):
        expected = ", ".join(RequestContext.__struct_fields__)
        report(InvalidEvent("bind", f"it got {', '.join(sorted(unknown))}", expected))
        changes = {name: value for name, value in changes.items() if name not in unknown}
    token = push(Frame(NOTHING, _running.get() or Frame(NOTHING), **changes))
    try:
        yield
    finally:
        pop(token)


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
    has this request's address, user agent, id and actor, even after the response was sent. Also for
    generators and coroutine functions, which stay what they are to whoever asks. Outside of a request it
    is the function itself.
    """
    frame = _running.get()
    if frame is None:
        return function

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


def pop(token: Token[Frame | None]) -> None:
    """Undo a `push`."""
    try:
        _running.reset(token)
    except ValueError:  # closed by the garbage collector in another context, where nothing was pushed
        return


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
    mapping = _mapping_of(request)
    running = _running.get()
    if isinstance(frame := mapping.get(KEY), Frame):
        return running.context if running and running.is_within(frame) else frame.context
    proxies = TrustedProxies.of(trusted_proxies)
    arrival_of = (
        of_scope if mapping.get("type") in ("http", "websocket") else of_environ
    )  # a set would hash it
    arrival = arrival_of(mapping, request_id_header)
    return RequestContext(
        ip=client_address(arrival, proxies),
        user_agent=arrival.user_agent,
        request_id=believed_request_id(arrival, proxies, trust=trust_request_id),
        actor=running.context.actor if running else None,
    )


def _mapping_of(request: Any) -> Mapping[str, Any]:
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
