"""What is read is planned for no partition it need not touch; what is far away is found all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.support.rows import event_row, store, store_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Question
from trailkeeper.models.partitions import id_floor, period_of
from trailkeeper.models.tables import SCOPES, NetworkRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import ANYBODY, Viewer

NOW = datetime.now(UTC)
AGES = (0, 40, 200, 420)
"""Days ago, each the newest of a hundred minutes with events."""

WEEK = timedelta(days=7)
SELF = Viewer(user_id="u1")
OWNER = Viewer(user_id="u2", projects={"p1": "owner"})
ADMIN = Viewer(user_id="boss", staff=True)
OF_USER, OF_PROJECT = Question(about="user", id="u1"), Question(about="project", id="p1")
BUSY = {
    "a user, to itself": (SELF, OF_USER),
    "a project, to its owner": (OWNER, OF_PROJECT),
    "a project, to anybody": (ANYBODY, OF_PROJECT),
    "everything": (ADMIN, Question()),
    "a tag": (ADMIN, Question(tags=("account:login:success",))),
    "an address": (ADMIN, Question(address="192.0.2.1")),
    "a network": (ADMIN, Question(asn="AS64496")),
    "an actor": (ADMIN, Question(actor="u1")),
}
busy = pytest.mark.parametrize(("viewer", "question"), BUSY.values(), ids=BUSY)


@pytest.fixture
def reader(engine: Engine) -> Reader:
    """Of four busy hours in more than a year, and of one event near each by a user who is seldom seen."""
    rows = []
    network = store_in(engine, NetworkRow, digest=b"1", asn=64496, source="test", build="1")
    acted = {"actor_kind": "user", "actor_id": "u1", "ip": "192.0.2.1", "network_id": network}
    for days in AGES:
        for minutes in range(100):
            moment = NOW - timedelta(days=days, minutes=minutes)
            rows.append(event_row(moment, user_id="u1", **acted))
            rows.append(event_row(moment, scope="project", project_id="p1", tag="file:add", **acted))
        rows.append(event_row(NOW - timedelta(days=days, hours=3), user_id="rare"))
    store(engine, *rows)
    with transaction(engine) as connection:
        connection.execute(text("ANALYZE events"))
    return Reader(engine, Policy(load()))


def around(moment: datetime) -> set[str]:
    """The partitions of a moment and of the week before it."""
    return {period_of(scope, time).name for scope in SCOPES for time in (moment, moment - WEEK)}


def planned(engine: Engine, reader: Reader, viewer: Viewer, question: Question, **how: Any) -> list[set[str]]:
    """The partitions that each statement of a full page was planned for."""
    asked: list[tuple[str, Any]] = []

    def remember(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", remember)
    assert len(reader.page(viewer, question, **how).events) == 50
    event.remove(engine, "before_cursor_execute", remember)
    with transaction(engine) as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
        ]
    names = [{node.get("Relation Name", "") for node in _nodes(plan[0]["Plan"])} for plan in plans]
    return [{name for name in found if name.startswith("events_")} for found in names]


def without_those_to_come(found: list[set[str]]) -> set[str]:
    """Partitions of all statements but those in which nothing is yet."""
    to_come = {period_of(scope, NOW + WEEK * number).name for scope in SCOPES for number in range(1, 53)}
    return set().union(*found) - (to_come - around(NOW))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


@busy
def test_the_newest_page_of_a_busy_history_is_planned_for_the_newest_partitions_alone(
    engine: Engine, reader: Reader, viewer: Viewer, question: Question
) -> None:
    found = without_those_to_come(planned(engine, reader, viewer, question))
    assert period_of("user", NOW).name in found
    assert found <= around(NOW)


@busy
def test_a_page_before_a_cursor_is_planned_for_the_partitions_around_it(
    engine: Engine, reader: Reader, viewer: Viewer, question: Question
) -> None:
    moment = NOW - timedelta(days=200)
    found = without_those_to_come(planned(engine, reader, viewer, question, before=id_floor(moment)))
    assert found
    assert found <= around(moment)


@busy
def test_a_page_after_a_cursor_is_planned_for_the_partitions_around_it(
    engine: Engine, reader: Reader, viewer: Viewer, question: Question
) -> None:
    moment = NOW - timedelta(days=200, minutes=100)
    found = without_those_to_come(planned(engine, reader, viewer, question, after=id_floor(moment)))
    assert found
    assert found <= around(moment) | around(moment + WEEK)


def test_a_users_page_is_planned_for_nothing_that_is_to_come(engine: Engine, reader: Reader) -> None:
    look, page = planned(engine, reader, SELF, OF_USER)
    beyond = period_of("user", NOW).next().next().name
    assert beyond in look
    assert beyond not in page


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000])
def test_a_seldom_users_history_is_read_to_its_end_both_ways(reader: Reader, limit: int) -> None:
    viewer, question = Viewer(user_id="rare"), Question(about="user", id="rare")
    times = [(NOW - timedelta(days=days, hours=3)).isoformat(timespec="microseconds") for days in AGES]
    expected = [time.replace("+00:00", "Z") for time in times]

    first = reader.page(viewer, question, limit=limit)
    assert [found["occurred_at"] for found in first.events] == expected[:limit]
    oldest = reader.page(viewer, question, limit=limit, after=id_floor(NOW - timedelta(days=1000)))
    assert [found["occurred_at"] for found in oldest.events] == expected[-limit:]
    rest = reader.export(viewer, question)
    assert [found["occurred_at"] for found in rest] == expected


def test_an_event_from_a_clock_far_ahead_is_the_newest_of_its_user(engine: Engine, reader: Reader) -> None:
    ahead = event_row(NOW + timedelta(days=70), user_id="u1")
    store(engine, ahead)
    page = reader.page(SELF, OF_USER)
    assert page.events[0]["id"] == str(ahead["id"])
    assert len(page.events) == 50
