"""Whose histories are measured, by whom they are asked for, and how long the database takes to answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, event

from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import load
from trailkeeper.views.app_state import reading_engine
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.viewer import ANYBODY, Viewer

from .history_rows import Facts

API = "/api/v1"
HUNDREDTH = 99
"""Pages to turn before it."""

ADMIN = Viewer(user_id="benchmark", staff=True)
TAG = "account:password:change"
EXPLAIN = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "


@dataclass(frozen=True)
class Asked:
    """A history, who asks for it, and where it is over HTTP."""

    name: str
    viewer: Viewer
    question: Question
    path: str


@dataclass
class Statements:
    """What an engine was asked during a call, and the seconds that the database took for it."""

    asked: list[tuple[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


def histories_asked(facts: Facts) -> list[Asked]:
    """A busy user's by that user, a busy project's by its owner and by anybody, and the admin log."""
    user, project, address = (facts.busiest[column] for column in ("user_id", "project_id", "ip"))
    owner = Viewer(user_id="benchmark", projects={project: "owner"})
    of_user, of_project = Question(about="user", id=user), Question(about="project", id=project)
    everything = f"{API}/events"
    return [
        Asked("user", Viewer(user_id=user), of_user, f"{API}/users/{user}/events"),
        Asked("project", owner, of_project, f"{API}/projects/{project}/events"),
        Asked("public", ANYBODY, of_project, f"{API}/projects/{project}/events"),
        Asked("admin", ADMIN, Question(), everything),
        Asked("admin_tag", ADMIN, Question(tags=(TAG,)), f"{everything}?{urlencode({'tag': TAG})}"),
        Asked(
            "admin_address",
            ADMIN,
            Question(address=address),
            f"{everything}?{urlencode({'address': address})}",
        ),
    ]


class Database:
    """One table, read as the service reads it."""

    def __init__(self, settings: ViewsSettings) -> None:
        self._engine = reading_engine(settings)
        self._reader = Reader(self._engine, Policy(load(settings.catalogue)))

    def close(self) -> None:
        """Hang up."""
        self._engine.dispose()

    def hundredth(self, asked: Asked) -> dict[str, Any]:
        """Where the hundredth page begins, or the last one where there are fewer."""
        place: dict[str, Any] = {}
        for _ in range(HUNDREDTH):
            older = self._reader.page(asked.viewer, asked.question, **place).older
            if older is None:
                break
            place = {"before": older}
        return place

    def statement_seconds(self, asked: Asked, place: dict[str, Any]) -> float:
        """Seconds from sending the statements of a page to having their rows: with parsing and planning."""
        with _watched(self._engine) as found:
            self._reader.page(asked.viewer, asked.question, **place)
        return found.seconds

    def executed_ms(self, asked: Asked, place: dict[str, Any]) -> float:
        """Milliseconds of execution alone, as the server counts them."""
        with _watched(self._engine) as found:
            self._reader.page(asked.viewer, asked.question, **place)
        with transaction(self._engine) as connection:
            plans = [
                connection.exec_driver_sql(EXPLAIN + statement, parameters).scalar_one()
                for statement, parameters in found.asked
            ]
        return float(sum(plan[0]["Execution Time"] for plan in plans))


@contextmanager
def _watched(engine: Engine) -> Iterator[Statements]:
    found = Statements()

    def before(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        found.asked.append((statement, parameters))
        found.seconds -= time.perf_counter()

    def after(*_: Any) -> None:
        found.seconds += time.perf_counter()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
