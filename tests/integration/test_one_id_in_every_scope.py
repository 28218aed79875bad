"""An event is its scope and its id: of one id in every scope, no path lets one event hide another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from tests.support.rows import NOON, event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import About, EventKey, Question
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.ids import uuid7
from trailkeeper.views.pages.memberships import newest
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader, key_of
from trailkeeper.views.tail import Tail, TailPosition
from trailkeeper.views.viewer import ANYBODY, Viewer

ADMIN = Viewer(staff=True)
QUESTIONS: tuple[tuple[About, str | None], ...] = (
    ("all", None),
    ("user", "u1"),
    ("project", "p1"),
    ("organization", "o1"),
    ("actor", "u1"),
)
TAGS = {
    "user": "account:password:change",
    "project": "project:release:add",
    "organization": "organization:create",
    "system": "system:purge:finish",
}


@pytest.fixture
def reader(engine: Engine) -> Reader:
    return Reader(engine, Policy(load()))


def rows_of(ids: list[Any]) -> list[dict[str, Any]]:
    whose: dict[str, Any] = {"user_id": "u1", "project_id": "p1", "organization_id": "o1", "actor_id": "u1"}
    return [
        event_row(id=identity, scope=scope, tag=TAGS[scope], actor_kind="user", **whose)
        for identity in ids
        for scope in SCOPES
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 3), limit=st.integers(1, 9), asked=st.sampled_from(QUESTIONS))
def test_one_id_in_four_scopes_is_four_events_on_every_path(
    engine: Engine, reader: Reader, count: int, limit: int, asked: tuple[About, str | None]
) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM events"))
    ids = [uuid7(NOON) for _ in range(count)]
    store(engine, *rows_of(ids))
    expected = sorted((EventKey(identity, scope) for identity in ids for scope in SCOPES), reverse=True)
    question = Question(about=asked[0], id=asked[1])

    paged: list[EventKey] = []
    place = None
    while True:
        page = reader.page(ADMIN, question, limit=limit, before=place)
        paged += map(key_of, page.events)
        place = page.older
        if place is None:
            break
    assert paged == expected
    assert [key_of(document) for document in reader.export(ADMIN, question)] == expected
    for newer, older in pairwise(expected):
        assert key_of(reader.page(ADMIN, question, limit=1, before=newer).events[0]) == older
        assert key_of(reader.newer_than(ADMIN, question, older, 1)[0]) == newer
    tailed = Tail(reader, ADMIN, question, TailPosition(expected[-1], None)).poll()
    assert [key_of(found.event) for found in tailed] == expected[-2::-1]
    hour = replace(question, since=NOON, until=NOON + timedelta(hours=1))
    counts = reader.activity(ADMIN, hour, "hour").counts
    assert sum(counted.events for counted in counts) == len(expected)
    member = newest(reader, ADMIN, "project", ["p1", "p2"])
    assert [key_of(document) for document in member] == expected
    for identity in ids:
        assert {document["scope"] for document in reader.with_id(ADMIN, identity)} == set(SCOPES)


def test_a_forged_event_with_a_known_id_takes_nothing_from_the_real_ones_viewer(
    engine: Engine, reader: Reader
) -> None:
    identity = uuid7(NOON)
    real = event_row(id=identity, tag="account:password:change", user_id="u1", actor_id="u1")
    store(engine, real, real | {"scope": "system", "tag": "admin:user:flags:change"})
    shown = reader.with_id(Viewer(user_id="u1"), identity)
    assert [document["tag"] for document in shown] == ["account:password:change"]


def test_what_is_hidden_and_what_is_missing_cost_the_same_statements(engine: Engine, reader: Reader) -> None:
    store(
        engine, *(event_row(scope="project", tag="project:api_token:add", project_id="hidden") for _ in "12")
    )
    asked: list[str] = []

    def remember(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement.split(" ", maxsplit=1)[0])

    event.listen(engine, "before_cursor_execute", remember)
    costs = []
    for project in ("hidden", "missing"):
        asked.clear()
        question = Question(about="project", id=project)
        assert not reader.page(ANYBODY, question).events
        assert not list(reader.export(ANYBODY, question))
        assert not reader.places(ANYBODY, question)
        costs.append(list(asked))
    event.remove(engine, "before_cursor_execute", remember)
    assert costs[0] == costs[1]
