"""A page reads no more than it shows: partitions beyond its end are never opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from tests.support.rows import NOON, event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Question
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.partitions import period_of

MAY_2025 = NOON.replace(year=2025, month=5)
LOGINS = Question(tags=("account:*",))
USER_MONTHS = ["events_user_2025_05", "events_user_2026_09", "events_user_2026_10", "events_user_2026_11"]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Four months of a user's events and two years of a project's, and what Postgres knows of them."""
    months = [MAY_2025, *(NOON.replace(month=month) for month in (9, 10, 11))]
    rows = []
    for month in months:
        for minute in range(150):
            moment, other = month + timedelta(minutes=minute), f"u{minute}"
            rows.append(event_row(moment, user_id="u1", actor_kind="user", actor_id="u1"))
            rows.append(event_row(moment, user_id=other, actor_kind="user", actor_id=other))
            rows.append(event_row(moment, scope="project", project_id="p1", tag="project:add"))
    store(engine, *rows)
    with transaction(engine) as connection:
        connection.execute(text("ANALYZE events"))
    return engine


def _opened(connection: Connection, question: Question, **how: Any) -> list[str]:
    """The partitions that reading this page opened."""
    asked: list[tuple[str, Any]] = []

    def remember(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", remember)
    read_page(connection, question, **how)
    event.remove(connection, "before_cursor_execute", remember)
    plans = [
        connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
        for statement, parameters in asked
    ]
    nodes = [node for plan in plans for node in _nodes(plan[0]["Plan"])]
    return sorted({node["Relation Name"] for node in nodes if _read_events(node)})


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _read_events(node: dict[str, Any]) -> bool:
    return str(node.get("Relation Name", "")).startswith("events_") and node["Actual Loops"] > 0


def _holding_rows(connection: Connection, opened: list[str]) -> list[str]:
    return [name for name in opened if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]


def test_the_newest_page_of_everything_opens_the_newest_partitions_only(filled: Engine) -> None:
    with transaction(filled) as connection:
        opened = _holding_rows(connection, _opened(connection, Question(), limit=50))

    assert opened == ["events_project_2026", "events_user_2026_11"]


def test_a_users_newest_page_opens_its_newest_month_for_what_was_done_to_it(filled: Engine) -> None:
    tagged = Question(about="user", id="u1", since=NOON.replace(month=10))
    with transaction(filled) as connection:
        opened = _holding_rows(connection, _opened(connection, tagged, limit=50))

    assert "events_user_2026_11" in opened
    assert "events_user_2026_09" not in opened
    assert "events_project_2025" not in opened


def test_a_projects_newest_page_leaves_its_older_years_alone(filled: Engine) -> None:
    with transaction(filled) as connection:
        opened = _opened(connection, Question(about="project", id="p1"), limit=50)

    assert "events_project_2026" in opened
    assert "events_project_2025" not in opened


def test_a_page_before_a_cursor_leaves_newer_partitions_alone(filled: Engine) -> None:
    cursor = period_of("user", NOON.replace(month=10)).high
    with transaction(filled) as connection:
        opened = _holding_rows(connection, _opened(connection, LOGINS, limit=20, before=cursor))

    assert [name for name in opened if name in USER_MONTHS] == ["events_user_2026_10"]


def test_a_page_after_a_cursor_leaves_what_is_beyond_it_and_before_alone(filled: Engine) -> None:
    cursor = period_of("user", NOON.replace(month=9)).low
    with transaction(filled) as connection:
        opened = _holding_rows(connection, _opened(connection, LOGINS, limit=20, after=cursor))

    assert [name for name in opened if name in USER_MONTHS] == ["events_user_2026_09"]


def test_times_leave_out_partitions_before_anything_is_read(filled: Engine) -> None:
    question = Question(since=MAY_2025 - timedelta(days=1), until=MAY_2025 + timedelta(days=1))
    with transaction(filled) as connection:
        opened = _opened(connection, question, limit=1000)

    assert opened == ["events_project_2025", "events_user_2025_05"]


def test_one_event_is_looked_up_where_its_time_says_it_is(filled: Engine) -> None:
    with transaction(filled) as connection:
        (newest,) = read_page(connection, Question(), limit=1).events
        opened = _opened(connection, Question(event=newest.id))

    assert "events_user_2026_11" in opened
    assert not {"events_project_2025", *USER_MONTHS[:3]} & set(opened)
