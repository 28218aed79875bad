"""No answer tells how much of a project is hidden: neither its status nor what was read for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.support.databases import a_database
from tests.support.rows import event_row, store
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import load
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import ANYBODY, Viewer

NOW = datetime.now(UTC)
HIDDEN = 3_000
STRANGERS = {
    "nobody": ANYBODY,
    "somebody signed in": Viewer(user_id="stranger"),
    "an owner of other things": Viewer(
        user_id="stranger", projects={"own": "owner"}, organizations={"theirs": "owner"}
    ),
}
ASKED: dict[str, dict[str, Any]] = {
    "all of it": {},
    "one tag": {"tags": ("file:add",)},
    "a hidden tag": {"tags": ("project:api_token:add",)},
    "a text": {"text": "needle"},
    "an address": {"address": "192.0.2.1"},
    "a country": {"country_code": "DE"},
    "an actor": {"actor": "u1"},
    "services": {"via_service": True},
    "a client": {"client": "twine"},
    "a time": {"since": NOW - timedelta(days=400), "until": NOW},
}


def hidden(project: str, number: int = HIDDEN, **columns: Any) -> list[dict[str, Any]]:
    usual = {
        "scope": "project",
        "tag": "project:api_token:add",
        "actor_kind": "user",
        "actor_id": "u1",
        "organization_id": "others",
        "ip": "192.0.2.1",
        "additional": {"description": "needle"},
    }
    return [
        event_row(NOW - timedelta(minutes=minutes * 60), project_id=project, **usual | columns)
        for minutes in range(number)
    ]


@pytest.fixture(scope="module")
def world(administrator: Engine, template_database: str) -> Iterator[Engine]:
    """Two projects of which all is hidden, one of which little is shown, and one with just that little."""
    released = {"tag": "project:release:add", "organization_id": None}
    with a_database(administrator, template_database) as url:
        engine = make_engine(url, application_name="test")
        store(
            engine,
            *hidden("hidden"),
            *hidden("unknown-tag", tag="host:thing:happen"),
            *hidden("beneath"),
            *hidden("beneath", 5, **released),
            *hidden("shown", 5, **released),
            *hidden("own", 50),
        )
        with transaction(engine) as connection:
            connection.execute(text("ANALYZE events"))
        yield engine
        engine.dispose()


@pytest.fixture
def reader(world: Engine) -> Reader:
    return Reader(world, Policy(load()))


def rows_read(engine: Engine, ask: Any) -> int:
    """How many rows of events, matching or not, a question makes Postgres look at."""
    asked: list[tuple[str, Any]] = []

    def remember(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", remember)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    total = 0
    with transaction(engine) as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            total += sum(_looked_at(node) for node in _nodes(plan.scalar_one()[0]["Plan"]))
    return total


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _looked_at(node: dict[str, Any]) -> int:
    if "Relation Name" not in node and "Index Name" not in node:
        return 0
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return round(float(rows) * float(node["Actual Loops"]))


def paths(reader: Reader, viewer: Viewer, question: Question) -> dict[str, Any]:
    return {
        "page": lambda: reader.page(viewer, question).events,
        "export": lambda: list(reader.export(viewer, question)),
        "activity": lambda: reader.activity(viewer, question, "day").counts,
        "places": lambda: reader.places(viewer, question),
    }


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("viewer", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("project", ["hidden", "unknown-tag"])
def test_what_is_hidden_costs_no_more_than_what_is_not_there(
    world: Engine, reader: Reader, viewer: Viewer, asked: dict[str, Any], project: str
) -> None:
    there = paths(reader, viewer, Question(about="project", id=project, **asked))
    missing = paths(reader, viewer, Question(about="project", id="missing", **asked))
    for name, ask in there.items():
        assert not ask(), name
        assert rows_read(world, ask) == rows_read(world, missing[name]), name


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("viewer", STRANGERS.values(), ids=STRANGERS)
def test_events_that_are_shown_are_found_past_hidden_ones_for_nothing(
    world: Engine, reader: Reader, viewer: Viewer, asked: dict[str, Any]
) -> None:
    beneath = paths(reader, viewer, Question(about="project", id="beneath", **asked))
    alone = paths(reader, viewer, Question(about="project", id="shown", **asked))
    for name, ask in beneath.items():
        assert len(ask()) == len(alone[name]()), name
        # a bitmap scan counts each row twice
        assert rows_read(world, ask) <= 2 * rows_read(world, alone[name]) + 10, name


def test_the_world_of_these_tests_has_something_to_hide(world: Engine, reader: Reader) -> None:
    admin = Viewer(user_id="boss", staff=True)
    everything = paths(reader, admin, Question(about="project", id="hidden", text="nothing has this"))
    assert rows_read(world, everything["page"]) >= HIDDEN
    shown = reader.page(ANYBODY, Question(about="project", id="beneath"))
    assert len(shown.events) == 5


def test_a_text_search_of_whoever_sees_no_payload_in_full_asks_the_database_nothing(
    world: Engine, reader: Reader
) -> None:
    asked: list[str] = []
    event.listen(world, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    for number in ("hidden", "shown", "missing"):
        question = Question(about="project", id=number, text="needle")
        assert all(not ask() for ask in paths(reader, ANYBODY, question).values())
    assert asked == []
