"""The requests that are running, and what is bound within them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

import msgspec

from .event import ANONYMOUS, Actor


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
        own: the request's context; its actor made the request, whoever `set_actor` names.
        parent: what a `bind` is within.
        outer: what another middleware made around this request; its actor acts where this one has none.
        **changes: those of a `bind`.
    """

    __slots__ = ("_changes", "_is_over", "_maker", "_outer", "_own", "_parent")

    def __init__(
        self, own: RequestContext, parent: Frame | None = None, *, outer: Frame | None = None, **changes: Any
    ) -> None:
        self._own = own
        self._maker: Actor | None = changes.get("actor", own.actor)
        self._parent = parent
        self._outer = outer
        self._changes = changes
        self._is_over = False

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
        origin = self._parent.origin
        if self._names_a_maker:
            origin = msgspec.structs.replace(origin, user_agent=None)  # another one's device
        return msgspec.structs.replace(origin, **self._changes)

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
        """Whose the address is: the maker of the request that all these changes are within.

        Or else of whom `set_actor` named last, of the outermost `bind` of an actor, or of one that states an
        address with its actor.
        """
        if self._parent is None:
            return self._known_maker()
        if self._names_a_maker and self._maker not in NOBODY:
            return self._maker
        outer = None if self._names_a_maker else self._parent.request_actor
        return self._changes.get("actor", outer) if outer in NOBODY else outer

    @property
    def maker(self) -> Actor | None:
        """Who is known to have made the request, whoever `set_actor` names."""
        return self._maker

    @property
    def names_actor(self) -> bool:
        """Whether `bind` or `set_actor` names an actor, who need not have made the request."""
        if self._parent is not None:
            return "actor" in self._changes or self._parent.names_actor
        is_outer_one_s = self._outer is not None and self._outer.names_actor
        return self._own.actor is not self._maker or is_outer_one_s

    @property
    def bound_actor(self) -> Actor | None:
        """Whom a `bind` names."""
        if "actor" in self._changes or self._parent is None:
            return self._changes.get("actor")
        return self._parent.bound_actor

    @property
    def _names_a_maker(self) -> bool:
        return {"ip", "actor"} <= self._changes.keys()

    def _known_maker(self) -> Actor | None:
        maker = self.maker
        stated = self._own.actor if maker in NOBODY else maker
        return self._outer.request_actor if stated in NOBODY and self._outer is not None else stated

    @property
    def is_over(self) -> bool:
        """Whether the request was handled: what begins in a copy of its context is another one."""
        return self._is_over if self._parent is None else self._parent.is_over

    def end(self) -> None:
        """Say that the request was handled. Its threads and tasks, and what was carried, stay its own."""
        self._is_over = True

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
        frame._maker = self._maker
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
NOBODY = (None, ANONYMOUS)
_running: ContextVar[Frame | None] = ContextVar("trailkeeper_request", default=None)


def running() -> Frame | None:
    """The running request, or the innermost `bind`; None outside of any."""
    return _running.get()


def current() -> RequestContext:
    """The context of the running request; an empty one outside of any request."""
    frame = _running.get()
    return NOTHING if frame is None else frame.context


def push(frame: Frame | RequestContext | None) -> Token[Frame | None]:
    """Make a request, or none, the running one, until `pop` is called with the returned token."""
    return _running.set(Frame(frame) if isinstance(frame, RequestContext) else frame)


def pop(token: Token[Frame | None]) -> bool:
    """Undo a `push`. Whether that was in this context: nothing is to be undone in another one."""
    try:
        _running.reset(token)
    except ValueError:
        return False
    return True


@contextmanager
def handling(request: Frame) -> Iterator[None]:
    """A block that handles a request, which is over at its end. For middleware."""
    token = push(request)
    try:
        yield
    finally:
        pop(token)
        request.end()
