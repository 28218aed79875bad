"""Django's middleware: the request's context and user, for sync and async, in the test client too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from trailkeeper.integrations.users import RequestFrame
from trailkeeper.producer.carrying import within
from trailkeeper.producer.frames import Frame, current, handling
from trailkeeper.producer.middleware.base import RequestMiddleware
from trailkeeper.producer.requests.origin import KEY

APP = "trailkeeper.integrations.django"
END = object()


class TrailkeeperMiddleware(RequestMiddleware[Callable[..., Any]]):
    """Tells `emit` who makes the request: put it first in ``MIDDLEWARE``.

    The actor is ``request.user``, looked up when an event needs it. Before an async view it is looked up at
    once if the request brings a session or credentials, as Django allows no query where such a view emits.

    Raises:
        SettingsError: the setting ``TRAILKEEPER`` is wrong.
        CatalogueError: a catalogue file is wrong.
        ImproperlyConfigured: the app is not installed.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[..., Any]) -> None:
        if not apps.is_installed(APP):
            raise ImproperlyConfigured(f'MIDDLEWARE has Trailkeeper\'s, so INSTALLED_APPS needs "{APP}"')
        app = apps.get_app_config("trailkeeper")
        if app.problem is not None:
            raise app.problem
        super().__init__(get_response, app.settings.trusted_proxies)
        self._user = app.own["USER"] or user_of
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """The response; a coroutine for it under ASGI."""
        own, outer = self._arrived(request)
        frame = RequestFrame(own, partial(self._user, request), outer=outer)
        for mapping in (request.META, getattr(request, "scope", None)):
            if mapping is not None:
                mapping[KEY] = frame
        return self._aresponse(request, frame) if self._is_async else self._response(request, frame)

    def process_view(self, request: Any, view: Callable[..., Any], *_: Any) -> None:
        """Look the user up before an async view; Django runs this where queries are allowed."""
        if iscoroutinefunction(view) and (
            settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
        ):
            current()

    def _response(self, request: Any, frame: RequestFrame) -> Any:
        with handling(frame):
            return _kept_within(frame, self._app(request))

    async def _aresponse(self, request: Any, frame: RequestFrame) -> Any:
        with handling(frame):
            return _kept_within(frame, await self._app(request))


def user_of(request: Any) -> Any:
    """``request.user``; None without Django's authentication."""
    return getattr(request, "user", None)


def _kept_within(frame: Frame, response: Any) -> Any:
    """A response whose body is made in the request too, if it is made while it is sent."""
    if response.streaming and getattr(response, "file_to_stream", None) is None:
        steps = _asteps if response.is_async else _steps
        response.streaming_content = steps(frame, response.streaming_content)
        response.close = within(frame, response.close)
    return response


def _steps(frame: Frame, content: Any) -> Iterator[Any]:
    return iter(within(frame, partial(next, iter(content), END)), END)


def _asteps(frame: Frame, content: Any) -> AsyncIterator[Any]:
    iterator = aiter(content)

    async def step() -> Any:
        return await anext(iterator, END)

    return _until_end(within(frame, step))


async def _until_end(step: Callable[[], Awaitable[Any]]) -> AsyncIterator[Any]:
    while (chunk := await step()) is not END:
        yield chunk
