"""The service within the test's own process, asked without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.support.rows import NOON
from trailkeeper.models.histories import Cursor, PlaceCount, Question
from trailkeeper.models.snapshots import Snapshot
from trailkeeper.producer.catalogue import load
from trailkeeper.views.app import create_app
from trailkeeper.views.app_state import make_app_state
from trailkeeper.views.documents.examples import EVENT
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Activity, Reader, VisiblePage, Width, key_of
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

SECRET = "a secret of at least thirty-two characters"
VIEWS_SECRET = "another secret of thirty-two characters"
API = "/api/v1"

USER = Viewer(user_id="u1")
OWNER = Viewer(user_id="u-owner", projects={"p1": "owner"}, organizations={"o1": "owner"})
MAINTAINER = Viewer(user_id="u-maintainer", projects={"p1": "maintainer"})
STRANGER = Viewer(user_id="u-stranger")
ADMIN = Viewer(user_id="boss", staff=True)


def settings(**changes: Any) -> ViewsSettings:
    """Of a service over plain HTTP."""
    return ViewsSettings(
        **{"token_secret": SECRET, "views_secret": VIEWS_SECRET, "cookie_secure": False, **changes}
    )


def bearer(viewer: Viewer | None, seconds: float = 3600) -> dict[str, str]:
    """Headers that say who asks; of nobody, none."""
    return {} if viewer is None else {"Authorization": f"Bearer {mint(settings(), viewer, seconds)}"}


class FakeReader(Reader):
    """Answers without a database, by the real policy as to who may ask: one event, or what it was given.

    Raises `error` in place of any answer, where it is set; `asked` is what it was last asked.
    """

    def __init__(self, events: list[dict[str, Any]] | None = None) -> None:
        self.policy = Policy(load())
        self.events = [dict(EVENT)] if events is None else events
        self.error: Exception | None = None
        self.asked: Question | None = None

    def page(self, viewer: Viewer, question: Question, **place: Any) -> VisiblePage:
        self._ask(viewer, question)
        keys = [key_of(event) for event in self.events]
        newer, stored = keys[0] if place.get("before") else None, Snapshot(1, 1, ())
        return VisiblePage(
            self.events, keys[-1] if keys else None, newer, stored if place.get("followed") else None
        )

    def with_id(self, viewer: Viewer, event_id: UUID) -> list[dict[str, Any]]:
        self._ask(viewer, Question(about="project", id="p1"))
        return [event for event in self.events if event["id"] == str(event_id)]

    def export(
        self, viewer: Viewer, question: Question, *, before: Cursor | None = None
    ) -> Iterator[dict[str, Any]]:
        self._ask(viewer, question)
        return iter(self.events)

    def activity(self, viewer: Viewer, question: Question, width: Width) -> Activity:
        self._ask(viewer, question)
        return Activity([], NOON, NOON, complete=True)

    def places(self, viewer: Viewer, question: Question) -> list[PlaceCount]:
        self._ask(viewer, question)
        return []

    def snapshot(self) -> Snapshot:
        return Snapshot(1, 1, ())

    def can_follow(self, seen: Snapshot, now: Snapshot) -> bool:
        return True

    def _ask(self, viewer: Viewer, question: Question) -> None:
        self.asked = question
        if not self.policy.may_ask(viewer, question):
            raise NotFound("not yours")
        if self.error is not None:
            raise self.error


def app_with(reader: Reader | None = None, **changes: Any) -> FastAPI:
    """The application, on a reader where one is given; *changes* are settings, `identify` and `engine`.

    Without changes it is the same each time, with nothing left of what was tried on it before.
    """
    parts = {name: changes.pop(name, None) for name in ("identify", "engine")}
    if changes or any(parts.values()):
        app = create_app(settings(**changes), **parts)
    else:
        app = _plain_app()
        app.state.trailkeeper = make_app_state(settings(), None, app.state.trailkeeper.engine)
    if reader is not None:
        app.state.trailkeeper = replace(app.state.trailkeeper, reader=reader, long_reader=reader)
    return app


@cache
def _plain_app() -> FastAPI:
    return create_app(settings())


@contextmanager
def asking(app: FastAPI, viewer: Viewer | None = None, **options: Any) -> Iterator[TestClient]:
    """A client of an application, as one viewer. An error of ours is an answer here, as it is to a user."""
    options = {"raise_server_exceptions": False, "follow_redirects": False, **options}
    with TestClient(app, **options) as client:
        client.headers.update(bearer(viewer))
        yield client


def problem(response: Any, status: int) -> str:
    """The detail of an answer that must be a problem of this status."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["title"]
    detail: str = found["detail"]
    return detail
