"""FastAPI and Starlette: requests with their user as the actor, settings and lifespan.

    from trailkeeper.integrations.fastapi import install

    install(app, trusted_proxies=["10.0.0.0/8"])

What a dependency finds out about the user, `acting` tells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import Depends
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.frames import Frame
from trailkeeper.producer.middleware.asgi import ASGIApplication, ASGIMiddleware, Scope
from trailkeeper.producer.mistakes import report
from trailkeeper.producer.process import configure, process_emitter
from trailkeeper.producer.requests.origin import KEY

from .overrides import settings_with
from .users import RequestFrame

User = Callable[[HTTPConnection], Any]
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


class UserMiddleware(ASGIMiddleware):
    """Tells `emit` who makes the request, with the request's user as the actor of its events.

    Args:
        app: the application.
        user: returns a request's user, in any form that `as_actor` takes; must not block. By default
            ``request.user`` or, without one, ``request.state.user``.
        **options: as for `ASGIMiddleware`.
    """

    def __init__(self, app: ASGIApplication, user: User | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._user = user or user_of

    def _frame(self, request: Mapping[str, Any]) -> Frame:
        scope = cast("Scope", request)
        scope.setdefault("state", {})  # shared with the handler, even if its scope is a copy
        own, outer = self._arrived(scope)
        return RequestFrame(own, lambda: self._user(HTTPConnection(scope)), outer=outer)


def user_of(request: HTTPConnection) -> Any:
    """What AuthenticationMiddleware or a handler has said of the user; None if nobody has."""
    user = request.scope.get("user")
    return getattr(request.state, "user", None) if user is None else user


def install(app: Starlette, *, user: User | None = None, **settings: Any) -> None:
    """Give every request its context, and every event its actor.

    A wrong setting or catalogue ends the start. The shutdown closes connections. Middleware that is added
    later is around the request: its events have neither actor nor address.

    Args:
        app: a FastAPI or Starlette application, before its start.
        user: as for `UserMiddleware`.
        **settings: of `emit`, by their names in `ProducerSettings`; the others are the environment's.

    Raises:
        SettingsError: a setting is wrong or unknown.
        CatalogueError: a catalogue file is wrong.
    """
    made = settings_with(settings)
    if settings:
        configure(made)
    middleware: Any = UserMiddleware  # ASGI's types are not Starlette's
    app.add_middleware(middleware, user=user, trusted_proxies=made.trusted_proxies)
    app.router.lifespan_context = partial(lifespan, within=app.router.lifespan_context)


@asynccontextmanager
async def lifespan(app: Any, *, within: Lifespan | None = None) -> AsyncIterator[Any]:
    """A lifespan that reads settings and catalogue at the start, and closes connections at the end.

    Args:
        app: the application.
        within: the application's own lifespan, which runs inside.
    """
    emitter = process_emitter()
    try:
        if within is None:
            yield None
        else:
            async with within(app) as state:
                yield state
    finally:
        emitter.close()


def acting(dependency: Callable[..., Any]) -> Callable[..., Any]:
    """A dependency like another one, whose result is the actor of the request's events from then on.

    ``CurrentUser = Annotated[User, Depends(acting(get_current_user))]``

    Args:
        dependency: returns the request's user, in any form that `as_actor` takes.
    """

    async def acting_user(connection: HTTPConnection, user: Any = Depends(dependency)) -> Any:  # noqa: B008 - as FastAPI documents
        frame = connection.scope.get(KEY)
        if isinstance(frame, RequestFrame):
            frame.user = lambda: user
        else:
            report(InvalidEvent("acting", "the request has no context", "`install(app)`, or UserMiddleware"))
        return user

    return acting_user
