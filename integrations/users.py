"""Who acts in a request: the framework's own user, read when an event asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from trailkeeper.producer.errors import InvalidEvent, is_interruption
from trailkeeper.producer.event import ANONYMOUS, Actor, Subject
from trailkeeper.producer.frames import Frame, RequestContext
from trailkeeper.producer.mistakes import report
from trailkeeper.producer.process import emit
from trailkeeper.producer.validation import subject_of
from trailkeeper.producer.validation.arguments import first_name
from trailkeeper.producer.validation.text import unreadable
from trailkeeper.producer.validation.values import unproxied

IDS = ("id", "pk", "identity", "get_id", "sub")
NAMES = ("get_username", "username", "name", "display_name")
READABLE = "a user with an id, an Actor, or None for nobody"

_being_read: ContextVar[tuple[Frame, ...]] = ContextVar("trailkeeper_user", default=())


class RequestFrame(Frame):
    """A running request whose actor is the framework's user, unless `set_actor` named another.

    Args:
        own: the request's context.
        user: returns the user of now, in any form that `as_actor` takes. Called at each event, so that
            a login or logout within the request counts, and a request without events costs no query.
        outer: what another middleware made around this request; its actor acts if the user is nobody.
    """

    __slots__ = ("user",)

    def __init__(self, own: RequestContext, user: Callable[[], Any], *, outer: Frame | None = None) -> None:
        super().__init__(own, outer=outer)
        self.user = user

    @property
    def actor(self) -> Actor | None:
        """Who acts now. A user that cannot be read is reported: nobody is anonymous in silence."""
        if self.stated_actor is not None:
            return self.stated_actor
        user = self.maker
        return super().actor if user is None else user

    @property
    def maker(self) -> Actor | None:
        """The framework's user of now; anonymous, and reported, if that cannot be read."""
        try:
            return self._read()
        except Exception as error:  # noqa: BLE001 - the application's query or property may raise anything
            report(unreadable("actor", error, READABLE))
            return ANONYMOUS

    def carried(self) -> Frame:
        """The request with the user of now, if there is one: later, elsewhere, it may be another's."""
        try:
            user = self._read()
        except Exception:  # noqa: BLE001 - as above; read again, and reported, when an event needs it
            return self
        return self if user is None else CarriedFrame(self, user)

    def _read(self) -> Actor | None:
        reading = _being_read.get()
        if self in reading:  # what the loader of users itself emits
            return None
        token = _being_read.set((*reading, self))
        try:
            return as_actor(self.user())
        finally:
            _being_read.reset(token)


class CarriedFrame(Frame):
    """A request taken along by `carry`, whose user stays the same, unless `set_actor` named another."""

    __slots__ = ("_request", "_user")

    def __init__(self, request: RequestFrame, user: Actor) -> None:
        super().__init__(RequestContext(), request)
        self._request = request
        self._user = user

    @property
    def actor(self) -> Actor | None:
        """Who acts now."""
        stated = self._request.stated_actor
        return self._user if stated is None else stated

    @property
    def request_actor(self) -> Actor | None:
        """See `Frame.request_actor`."""
        return self._user

    def carried(self) -> Frame:
        """See `Frame.carried`."""
        return self


def as_actor(user: Any) -> Actor | None:
    """The actor of a framework's user; None for nobody, which an anonymous user is.

    Args:
        user: an Actor, any form of a subject, or a user of Django, Flask-Login or Starlette, an object or a
            mapping such as a token's claims.

    Raises:
        InvalidEvent: it has no id.
    """
    user = unproxied(user)
    if user is None or isinstance(user, Actor):
        return user
    subject = subject_of("actor", user if isinstance(user, (Subject, str, int, UUID, tuple)) else _pair(user))
    return None if subject is None else Actor(kind="user", id=subject.id, name=subject.name)


def record(tag: str, user: Any, **facts: Any) -> None:
    """Record what a framework tells of a user; nothing of nobody.

    A user that cannot be read is a wrong call of `emit`, and no exception for whoever logs in or out.
    """
    try:
        actor = as_actor(user)
    except Exception as error:
        if is_interruption(error):
            raise
        emit(tag, actor=user, **facts)
        return
    if actor is not None:
        emit(tag, user=(actor.id, actor.name), actor=actor, **facts)


def _pair(user: Any) -> tuple[Any, Any] | None:
    if _is_nobody(user):
        return None
    user_id = _first(user, IDS)
    if user_id is None and not _is_row(user):
        user_id = _first(user, ("username",))  # Starlette's SimpleUser has nothing else
    if user_id is None:
        raise InvalidEvent("actor", f"a {type(user).__name__} without an id", READABLE)
    return user_id, first_name(NAMES, lambda name: _first(user, (name,)))


def _is_nobody(user: Any) -> bool:
    """Whether no one is signed in. Flask-Login says of an inactive person that they are not authenticated."""
    is_anonymous = _first(user, ("is_anonymous",))
    return is_anonymous is True or (
        is_anonymous is not False and _first(user, ("is_authenticated",)) is False
    )


def _is_row(user: Any) -> bool:
    """Whether it has an id, even if none yet: a name is not the id of what was not saved."""
    return any(name in user if isinstance(user, Mapping) else hasattr(user, name) for name in ("id", "pk"))


def _first(user: Any, names: tuple[str, ...]) -> Any:
    """The first that is there, of a mapping's keys or an object's attributes and methods."""
    for name in names:
        try:
            value = user.get(name) if isinstance(user, Mapping) else getattr(user, name, None)
            value = value() if callable(value) else value
        except NotImplementedError:  # the identity of Starlette's SimpleUser
            continue
        if value is not None:
            return value
    return None
