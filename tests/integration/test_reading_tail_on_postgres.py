"""A live tail shows each event once, whatever order events are stored in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.support.rows import event_row, store
from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import load
from trailkeeper.views import tail as module
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.tail import Tail
from trailkeeper.views.viewer import Viewer

JOE = Viewer(user_id="u1")
OF_JOE = Question(about="user", id="u1")


@pytest.fixture
def reader(engine: Engine) -> Reader:
    return Reader(engine, Policy(load()))


def at(seconds: float, **columns: Any) -> dict[str, Any]:
    """An event of so many seconds from now."""
    return event_row(datetime.now(UTC) + timedelta(seconds=seconds), user_id="u1", **columns)


def looked(tail: Tail, **how: int) -> list[str]:
    return [event["id"] for event in tail.poll(**how)]


def ids(*rows: dict[str, Any]) -> list[str]:
    return [str(row["id"]) for row in rows]


def test_what_comes_is_shown_once_oldest_first(engine: Engine, reader: Reader) -> None:
    store(engine, at(-3))
    tail = Tail(reader, JOE, OF_JOE)
    assert looked(tail) == []
    first, second = at(-1), at(-0.5)
    store(engine, second, first)
    assert looked(tail) == ids(first, second)
    assert looked(tail) == []


def test_an_event_that_is_stored_after_a_newer_one_is_shown(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    newer, older = at(-1), at(-4)
    store(engine, newer)
    assert looked(tail) == ids(newer)
    store(engine, older)
    assert looked(tail) == ids(older)


def test_an_event_of_a_clock_that_is_ahead_hides_no_others(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    ahead, now = at(1800), at(-1)
    store(engine, ahead)
    assert looked(tail) == ids(ahead)
    store(engine, now)
    assert looked(tail) == ids(now)
    assert looked(tail) == []


def test_a_tail_goes_on_after_the_event_that_was_seen_last(engine: Engine, reader: Reader) -> None:
    rows = [at(-seconds) for seconds in (900, 600, 2, 1)]
    store(engine, *rows)
    assert looked(Tail(reader, JOE, OF_JOE, rows[0]["id"])) == ids(*rows[1:])
    assert looked(Tail(reader, JOE, OF_JOE, rows[2]["id"])) == ids(rows[3])


def test_more_than_fits_comes_at_the_next_look(
    engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LIMIT", 3)
    tail = Tail(reader, JOE, OF_JOE)
    rows = [at(-5 + number / 10) for number in range(10)]
    store(engine, *rows)
    assert looked(tail, most=4) == ids(*rows[:4])
    assert looked(tail, most=4) == ids(*rows[4:8])
    assert looked(tail, most=4) == ids(*rows[8:])


def test_a_tail_shows_what_its_viewer_may_see_and_what_fits(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, Question(about="user", id="u1", tags=("account:*",)))
    seen = at(-1)
    store(engine, seen, at(-1, tag="admin:user:flags:change"), at(-1, tag="admin:user:freeze"))
    store(engine, event_row(datetime.now(UTC), user_id="u2"))
    assert looked(tail) == ids(seen)


def test_what_was_seen_is_forgotten_in_time(
    engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    store(engine, *(at(-1) for _ in range(5)))
    assert len(looked(tail)) == 5
    monkeypatch.setattr(module, "OVERLAP", timedelta(0))
    store(engine, at(0.1))
    looked(tail)
    looked(tail)
    assert len(tail._known) <= 1


@pytest.mark.parametrize("since", [UUID(int=0), UUID(int=(1 << 128) - 1)])
def test_an_id_of_no_time_is_refused(reader: Reader, since: UUID) -> None:
    with pytest.raises(ValueError, match="expected a UUIDv7"):
        Tail(reader, JOE, OF_JOE, since)


def test_a_tail_of_somebody_elses_history_is_not_found(reader: Reader) -> None:
    with pytest.raises(NotFound):
        Tail(reader, JOE, Question(about="user", id="u2"))
