"""Flask: an extension that takes the actor from Flask-Login, and records logins and logouts.

    from trailkeeper.integrations.flask import Trailkeeper

    Trailkeeper(app)

Without Flask-Login, ``Trailkeeper(app, user=...)`` says who acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Unpack

from flask import Flask, current_app, g, has_request_context, request, request_finished, request_tearing_down

from trailkeeper.producer.event import Actor
from trailkeeper.producer.facts import EventFacts
from trailkeeper.producer.frames import Frame
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.on_commit import emit_on_commit
from trailkeeper.producer.process import configure, emit
from trailkeeper.producer.receipt import Receipt
from trailkeeper.producer.requests.origin import mapping_of

from .overrides import settings_with
from .users import RequestFrame, as_actor, record

NAME = "trailkeeper"
PREFIX = "TRAILKEEPER_"
FRAME = "trailkeeper.flask_frame"
"""Where the WSGI environ has the frame of its request, which tells it from others that Flask may be in."""

READ = "_trailkeeper_read"
"""In Flask's ``g`` once an event asked for the user."""

LOADED = "_login_user"
"""In ``g`` once Flask-Login has looked the user up."""


class Trailkeeper:
    """The extension. Its settings are ``app.config["TRAILKEEPER_…"]``, or else the environment's.

    Args:
        app: the application; or call `init_app` later.
        user: returns the user of the running request, in any form that `as_actor` takes; Flask-Login's
            ``current_user`` if not given.
        session: the session of SQLAlchemy for the methods of this object, such as ``db.session``.
        records_logins: whether Flask-Login's logins and logouts are recorded.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        user: Callable[[], Any] | None = None,
        session: Any = None,
        records_logins: bool = True,
    ) -> None:
        self._user = user or _signed_in
        self._session = session
        self._records_logins = records_logins
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Give every request of an application its context, and every event its actor.

        Raises:
            RuntimeError: it was called for this application before.
            SettingsError: a setting is wrong or unknown.
            CatalogueError: a catalogue file is wrong.
        """
        if NAME in app.extensions:
            raise RuntimeError("this application has the extension Trailkeeper already; call init_app once")
        values = app.config.get_namespace(PREFIX)
        settings = settings_with(values)
        if values:
            configure(settings)
        user = partial(_RequestUser, self._user, app)
        app.wsgi_app = _RequestMiddleware(app.wsgi_app, settings.trusted_proxies, user)  # type: ignore[method-assign]  # as Flask documents
        request_finished.connect(_remember_for_body, app)
        request_tearing_down.connect(_remember, app)
        if find_spec("flask_login"):
            self._follow_logins(app)
        app.extensions[NAME] = self

    def _follow_logins(self, app: Flask) -> None:
        from flask_login import user_logged_in, user_logged_out  # noqa: PLC0415 - perhaps not installed

        if self._records_logins:
            user_logged_in.connect(partial(_record, "account:login:success"), app, weak=False)
            user_logged_out.connect(partial(_record, "account:logout"), app, weak=False)
        user_logged_in.connect(_remember_login, app)
        user_logged_out.connect(_remember_logout, app)

    def emit_on_commit(self, tag: str, **facts: Unpack[EventFacts]) -> Receipt:
        """`trailkeeper.emit_on_commit` with this extension's session: sent once that is committed."""
        return emit_on_commit(self._session, tag, **facts)

    def emit_in_transaction(self, tag: str, **facts: Unpack[EventFacts]) -> Receipt:
        """`trailkeeper.emit` with this extension's session as its *connection*: a row of its transaction."""
        return emit(tag, connection=self._session, **facts)


class _RequestMiddleware(WSGIMiddleware):
    def __init__(self, app: Any, trusted_proxies: Iterable[str], user: Callable[[Any], Any]) -> None:
        super().__init__(app, trusted_proxies)
        self._user = user

    def _frame(self, environ: Any) -> Frame:
        own, outer = self._arrived(environ)
        environ[FRAME] = RequestFrame(own, self._user(environ), outer=outer)
        return environ[FRAME]  # type: ignore[no-any-return]


class _RequestUser:
    """The user of one request, also for what runs outside of Flask's: a closing callback, a thread."""

    def __init__(self, read: Callable[[], Any], app: Flask, environ: dict[str, Any]) -> None:
        self._read = read
        self._app = app
        self._wsgi = environ
        self._last: tuple[Actor | None] | None = None

    def __call__(self) -> Actor | None:
        if (frame := _own_frame()) is not None and frame.user is self:
            setattr(g, READ, True)
            self.remember(as_actor(self._read()))
        if self._last is None:
            # without the body, and no copy of Flask's context, whose end would close the request's files;
            # in an application context of its own, as others keep their user in the one that is there
            copy = {**self._wsgi, "wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
            with self._app.app_context(), self._app.request_context(copy):
                self._last = (as_actor(self._read()),)
        return self._last[0]

    def remember(self, user: Actor | None) -> None:
        """Keep the user for whoever asks from elsewhere."""
        self._last = (user,)


def _own_frame() -> RequestFrame | None:
    """The frame of the request that Flask is in, which need not be the running one."""
    return mapping_of(request).get(FRAME) if has_request_context() else None


def _remember_for_body(_: Flask, response: Any, **__: Any) -> None:
    """Remember who is signed in, amid the application's own work, for a body or `call_on_close` later."""
    is_made_later = response.is_streamed and not response.direct_passthrough
    if is_made_later or getattr(response, "_on_close", True):  # nothing public tells whether something waits
        _ask()


def _remember(_: Flask, **__: Any) -> None:
    """Remember who is signed in when a request ends, unless that would take a query."""
    if READ in g or LOADED in g:
        _ask()


def _ask() -> Actor | None:
    frame = _own_frame()
    return None if frame is None else frame.actor


def _remember_login(_: Flask, **__: Any) -> None:
    """Remember who has just signed in: whoever asks from elsewhere would find the cookie of before."""
    _ask()


def _remember_logout(_: Flask, **__: Any) -> None:
    """Remember that nobody is signed in, which Flask-Login itself does after it has told."""
    if (frame := _own_frame()) is not None and isinstance(frame.user, _RequestUser):
        frame.user.remember(None)


def _signed_in() -> Any:
    if not hasattr(current_app, "login_manager"):
        return None
    from flask_login import current_user  # noqa: PLC0415 - as above

    return current_user


def _record(tag: str, _: Flask, user: Any, **__: Any) -> None:
    record(tag, user, request=request, origin="request")
