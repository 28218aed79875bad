"""Paging forth and back yields every event of a history once, newest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from tests.support.rows import NOON, event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import EventKey, Page, Question
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.tables import SCOPES

HIS, ANOTHERS = "his", "another's"

events = st.fixed_dictionaries(
    {
        # few distinct milliseconds, over three partitions of user events
        "months": st.integers(0, 2),
        "milliseconds": st.integers(0, 3),
        "scope": st.sampled_from(SCOPES),
        "user_id": st.sampled_from([HIS, ANOTHERS, None]),
        "actor_id": st.sampled_from([HIS, ANOTHERS, None]),
        "on_behalf_of_id": st.sampled_from([HIS, ANOTHERS, None]),
        "actor_kind": st.sampled_from(["user", "service"]),
    }
)


def _walk_older(connection: Connection, question: Question, limit: int) -> Iterator[Page]:
    page = read_page(connection, question, limit=limit)
    yield page
    while page.older:
        page = read_page(connection, question, limit=limit, before=page.older)
        yield page


def _walk_newer(connection: Connection, question: Question, limit: int, page: Page) -> Iterator[Page]:
    yield page
    while page.newer:
        page = read_page(connection, question, limit=limit, after=page.newer)
        yield page


def _belongs(event: dict[str, Any]) -> bool:
    acted = event["actor_kind"] == "user" and event["actor_id"] == HIS
    return acted or HIS in (event["user_id"], event["on_behalf_of_id"])


def _ids(pages: list[Page]) -> list[UUID]:
    return [event.id for page in pages for event in page.events]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_events=st.lists(events, max_size=24), limit=st.integers(1, 7))
def test_paging_forth_and_back_yields_each_event_once_in_order(
    engine: Engine, given_events: list[dict[str, Any]], limit: int
) -> None:
    # each example has ids of its own, so that one database serves all
    names = {HIS: uuid.uuid4().hex, ANOTHERS: uuid.uuid4().hex, None: None}
    rows, expected = [], []
    for event in given_events:
        whose = {name: names[event[name]] for name in ("user_id", "actor_id", "on_behalf_of_id")}
        age = timedelta(days=30 * event["months"], milliseconds=event["milliseconds"])
        row = event_row(NOON - age, scope=event["scope"], actor_kind=event["actor_kind"], **whose)
        rows.append(row)
        expected += [row["id"]] if _belongs(event) else []
    if rows:
        store(engine, *rows)
    question = Question(about="user", id=names[HIS])

    with transaction(engine) as connection:
        older = list(_walk_older(connection, question, limit))
        newer = list(_walk_newer(connection, question, limit, older[-1]))

    assert _ids(older) == sorted(expected, reverse=True)
    assert sorted(_ids(newer)) == sorted(expected)
    assert all(len(page.events) <= limit for page in older + newer)
    assert all(_ids([page]) == sorted(_ids([page]), reverse=True) for page in newer)


def test_the_ends_of_a_history_are_known(engine: Engine) -> None:
    rows = [event_row(NOON + timedelta(minutes=i)) for i in range(4)]
    store(engine, *rows)
    ids = [row["id"] for row in reversed(rows)]

    with transaction(engine) as connection:
        first = read_page(connection, Question(), limit=2)
        last = read_page(connection, Question(), limit=2, before=ids[1])
        back = read_page(connection, Question(), limit=2, after=ids[2])
        beyond = read_page(connection, Question(), before=ids[3])

    assert (_ids([first]), first.newer, first.older) == (ids[:2], None, EventKey(ids[1], "user"))
    assert (_ids([last]), last.newer, last.older) == (ids[2:], EventKey(ids[2], "user"), None)
    assert (_ids([back]), back.newer, back.older) == (ids[:2], None, EventKey(ids[1], "user"))
    assert (beyond.events, beyond.newer, beyond.older) == ([], None, None)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_events=st.lists(
        st.tuples(st.integers(0, 2), st.sets(st.sampled_from(SCOPES), min_size=1)), min_size=1, max_size=6
    ),
    limit=st.integers(1, 7),
    about=st.sampled_from(["user", "project", "actor"]),
)
def test_one_id_in_several_scopes_is_as_many_events_on_every_page(
    engine: Engine, given_events: list[tuple[int, set[str]]], limit: int, about: Any
) -> None:
    whose = uuid.uuid4().hex
    rows = []
    for months, scopes in given_events:
        row = event_row(NOON - timedelta(days=30 * months), user_id=whose, project_id=whose)
        rows += [row | {"scope": scope, "actor_kind": "user", "actor_id": whose} for scope in scopes]
    store(engine, *rows)
    expected = sorted(((row["id"], row["scope"]) for row in rows), reverse=True)
    question = Question(about=about, id=whose)

    with transaction(engine) as connection:
        older = list(_walk_older(connection, question, limit))
        newer = list(_walk_newer(connection, question, limit, older[-1]))

    assert [event.key for page in older for event in page.events] == expected
    assert [event.key for page in reversed(newer) for event in page.events] == expected


def test_two_cursors_at_once_are_refused(engine: Engine) -> None:
    cursor = event_row()["id"]

    with engine.connect() as connection, pytest.raises(ValueError, match="before and after are both given"):
        read_page(connection, Question(), before=cursor, after=cursor)
