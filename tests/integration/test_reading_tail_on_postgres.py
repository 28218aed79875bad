"""A live tail shows each event once, whatever order events are stored and committed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, text

from tests.support.rows import event_row, store
from trailkeeper.models import stored_batches
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import EventKey, Question
from trailkeeper.models.histories.event_key import newer_than
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.models.snapshots import Snapshot
from trailkeeper.models.stored_batches import forget, note
from trailkeeper.models.tables import EventRow, StoredBatchRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views import tail as module
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.tail import Tail, TailPosition
from trailkeeper.views.viewer import Viewer

JOE = Viewer(user_id="u1")
OF_JOE = Question(about="user", id="u1")
HOURS = 3600


@pytest.fixture
def reader(engine: Engine) -> Reader:
    return Reader(engine, Policy(load()))


def at(seconds: float, **columns: Any) -> dict[str, Any]:
    """An event of so many seconds from now."""
    return event_row(datetime.now(UTC) + timedelta(seconds=seconds), user_id="u1", **columns)


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Store an event in a transaction that goes on."""
    connection.execute(insert(EventRow), [row])
    note(connection, [(row["scope"], row["id"])])


def looked(tail: Tail) -> list[str]:
    return [tailed.event["id"] for tailed in tail.poll()]


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


@pytest.mark.parametrize("late", [4, 60, 5 * HOURS, 400 * 24 * HOURS])
def test_an_event_that_is_stored_late_is_shown(engine: Engine, reader: Reader, late: float) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    newer, older = at(-1), at(-late)
    store(engine, newer)
    assert looked(tail) == ids(newer)
    store(engine, older)
    assert looked(tail) == ids(older)
    assert looked(tail) == []


def test_what_a_long_open_transaction_commits_is_shown_although_others_came_first(
    engine: Engine, reader: Reader
) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    slow, quick, later = at(-2), at(-1), at(-0.5)
    ensure(engine, {period_of("user", slow["occurred_at"])})
    with engine.connect() as connection:
        add(connection, slow)
        store(engine, quick)
        assert looked(tail) == ids(quick)
        assert looked(tail) == []
        resumed = TailPosition(None, tail._seen)
        connection.commit()
    store(engine, later)
    assert looked(tail) == ids(slow, later)
    assert looked(tail) == []
    assert looked(Tail(reader, JOE, OF_JOE, resumed)) == ids(slow, later)


def test_what_is_rolled_back_is_not_shown(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    row = at(-2)
    ensure(engine, {period_of("user", row["occurred_at"])})
    with engine.connect() as connection:
        add(connection, row)
        connection.rollback()
    store(engine, row)
    assert looked(tail) == ids(row)


def test_whoever_comes_back_misses_nothing_that_was_stored_meanwhile(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    first = at(-10)
    store(engine, first)
    (tailed,) = tail.poll()
    position = tailed.position
    assert position.newest == EventKey(first["id"], "user")
    late, new = at(-5 * HOURS), at(-1)
    store(engine, new)
    store(engine, late)
    resumed = Tail(reader, JOE, OF_JOE, position)
    assert looked(resumed) == ids(late, new)
    assert looked(resumed) == []


def test_whoever_comes_back_in_the_middle_of_a_poll_gets_the_rest_of_it(
    engine: Engine, reader: Reader
) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    rows = [at(-5 + number) for number in range(4)]
    store(engine, *rows)
    polled = tail.poll()
    assert [tailed.event["id"] for tailed in polled] == ids(*rows)
    for tailed in polled[:-1]:
        assert set(ids(*rows)) <= set(looked(Tail(reader, JOE, OF_JOE, tailed.position)))
    assert looked(Tail(reader, JOE, OF_JOE, polled[-1].position)) == []


def test_an_event_of_a_clock_that_is_ahead_hides_no_others(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    ahead, now = at(1800), at(-1)
    store(engine, ahead)
    assert looked(tail) == ids(ahead)
    store(engine, now)
    assert looked(tail) == ids(now)
    assert looked(tail) == []


def test_a_tail_goes_on_after_an_event_that_is_named(engine: Engine, reader: Reader) -> None:
    rows = [at(-seconds) for seconds in (900, 600, 2, 1)]
    store(engine, *rows)
    tails = [Tail(reader, JOE, OF_JOE, TailPosition(newer_than(rows[index]["id"]), None)) for index in (0, 2)]
    assert [looked(tail) for tail in tails] == [ids(*rows[1:]), ids(rows[3])]
    more = at(-700)
    store(engine, more)
    assert [looked(tail) for tail in tails] == [ids(more)] * 2


def test_more_than_one_poll_reads_comes_with_the_next(
    engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_batches, "MOST_IDS", 4)
    monkeypatch.setattr(module, "MAX_LIMIT", 3)
    rows = [at(-5 + number / 10) for number in range(10)]
    known = at(-6)
    store(engine, known)
    tail = Tail(reader, JOE, OF_JOE)
    store(engine, *rows)
    for number in (0, 4, 8):
        assert looked(tail) == ids(*rows[number : number + 4])
    assert not tail.is_behind
    assert looked(tail) == []
    named = Tail(reader, JOE, OF_JOE, TailPosition(EventKey(known["id"], "user"), None))
    for number in (0, 3, 6, 9):
        assert looked(named) == ids(*rows[number : number + 3])
    assert looked(named) == []


def test_a_tail_shows_what_its_viewer_may_see_and_what_fits(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, Question(about="user", id="u1", tags=("account:*",)))
    seen = at(-1)
    store(engine, seen, at(-1, tag="admin:user:flags:change"), at(-1, tag="admin:user:freeze"))
    store(engine, event_row(datetime.now(UTC), user_id="u2"))
    assert looked(tail) == ids(seen)


def test_one_id_in_another_scope_is_another_event(engine: Engine, reader: Reader) -> None:
    admin = Viewer(user_id="boss", staff=True)
    tail = Tail(reader, admin, Question())
    row = at(-1)
    store(engine, row)
    assert looked(tail) == ids(row)
    store(engine, row | {"scope": "system", "tag": "admin:user:freeze"})
    (tailed,) = tail.poll()
    assert (tailed.event["id"], tailed.event["scope"]) == (str(row["id"]), "system")


def age(engine: Engine, hours: float) -> None:
    with transaction(engine) as connection:
        statement = "UPDATE stored_batches SET stored_at = stored_at - CAST(:age AS interval)"
        connection.execute(text(statement), {"age": f"{hours} hours"})


def test_a_position_is_followed_for_a_day_and_then_by_its_event(engine: Engine, reader: Reader) -> None:
    tail = Tail(reader, JOE, OF_JOE)
    first, second, third = at(-100), at(-50), at(-1)
    store(engine, first)
    (tailed,) = tail.poll()
    store(engine, second)
    age(engine, 25)
    store(engine, third)
    with transaction(engine) as connection:
        assert forget(connection) == 1
    resumed = Tail(reader, JOE, OF_JOE, tailed.position)
    assert looked(resumed) == ids(second, third)
    assert looked(resumed) == []


def test_a_position_of_a_database_that_was_restored_since_is_followed_by_its_event(
    engine: Engine, reader: Reader
) -> None:
    first, second = at(-100), at(-50)
    store(engine, first, second)
    with transaction(engine) as connection:
        note_of_old = {"transaction_id": "9000000000", "scope": "user", "event_ids": [first["id"]]}
        connection.execute(insert(StoredBatchRow).values(note_of_old))
    ahead = Snapshot(9_000_000_001, 9_000_000_001, ())
    tail = Tail(reader, JOE, OF_JOE, TailPosition(EventKey(first["id"], "user"), ahead))
    assert looked(tail) == ids(second)
    assert looked(tail) == []


def test_a_poll_of_a_quiet_history_reads_no_events(engine: Engine, reader: Reader) -> None:
    store(engine, *(at(-number) for number in range(50)))
    tail = Tail(reader, JOE, OF_JOE)
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_current_xact_id()"))  # another application's transaction
        connection.execute(text("ALTER TABLE events RENAME TO elsewhere"))
    assert looked(tail) == []


def test_a_tail_of_somebody_elses_history_is_not_found(reader: Reader) -> None:
    with pytest.raises(NotFound):
        Tail(reader, JOE, Question(about="user", id="u2"))
