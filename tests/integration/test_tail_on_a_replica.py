"""A live tail that is read from a replica shows each event once, whenever its transaction is committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, insert, text

from tests.support.replicas import ReplicatedPostgres, replicated
from tests.support.rows import event_row, store
from tests.support.waiting import until
from trailkeeper.models import stored_batches
from trailkeeper.models.engine import temporary_engine, transaction
from trailkeeper.models.histories import Question
from trailkeeper.models.migrate import upgrade
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.models.snapshots import KNOWN, Snapshot, snapshot
from trailkeeper.models.stored_batches import note
from trailkeeper.models.tables import EventRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.tail import Tail, TailPosition
from trailkeeper.views.viewer import Viewer

JOE = Viewer(user_id="u1")
OF_JOE = Question(about="user", id="u1")


class Pair(NamedTuple):
    """A primary and its replica, and readers of both."""

    servers: ReplicatedPostgres
    writing: Engine
    on_primary: Reader
    on_replica: Reader


@contextmanager
def paired(folder: Path) -> Iterator[Pair]:
    with replicated(Path(mkdtemp(prefix="tail", dir=folder))) as servers:
        upgrade(servers.url)
        with (
            temporary_engine(servers.url, application_name="writes", pool_size=4) as writing,
            temporary_engine(servers.replica_url, application_name="reads", read_only=True) as reading,
        ):
            ensure(writing, {period_of("user", datetime.now(UTC))})
            policy = Policy(load())
            yield Pair(servers, writing, Reader(writing, policy), Reader(reading, policy))


@pytest.fixture(scope="module")
def pair(services_folder: Path) -> Iterator[Pair]:
    with paired(services_folder) as found:
        yield found


@pytest.fixture
def own_pair(services_folder: Path) -> Iterator[Pair]:
    with paired(services_folder) as found:
        yield found


def of_now() -> dict[str, Any]:
    return event_row(datetime.now(UTC), user_id="u1")


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Store an event in a transaction that goes on."""
    connection.execute(insert(EventRow), [row])
    note(connection, [(row["scope"], row["id"])])


class Look:
    """What a tail shows, look by look."""

    def __init__(self, tail: Tail) -> None:
        self.tail, self.shown = tail, list[str]()

    def until_shown(self, *rows: dict[str, Any]) -> None:
        expected = {str(row["id"]) for row in rows}
        until(lambda: expected <= set(self.once()), what="they are shown")

    def once(self) -> list[str]:
        self.shown += [tailed.event["id"] for tailed in self.tail.poll()]
        return self.shown


def ids(*rows: dict[str, Any]) -> list[str]:
    return [str(row["id"]) for row in rows]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_transactions_that_overlap_are_shown_in_whatever_order_they_are_committed(
    pair: Pair, order: tuple[int, ...]
) -> None:
    look, rows = Look(Tail(pair.on_replica, JOE, OF_JOE)), [of_now() for _ in range(3)]
    connections = [pair.writing.connect() for _ in rows[:2]]
    try:
        for connection, row in zip(connections, rows, strict=False):
            add(connection, row)
        for number in order:
            connections[number].commit() if number < len(connections) else store(pair.writing, rows[number])
            look.until_shown(rows[number])
    finally:
        for connection in connections:
            connection.close()
    assert look.once() == ids(*(rows[number] for number in order))


def test_a_page_and_whoever_comes_back_miss_nothing_that_was_open_meanwhile(pair: Pair) -> None:
    look = Look(Tail(pair.on_replica, JOE, OF_JOE))
    slow, quick, last = of_now(), of_now(), of_now()
    with pair.writing.connect() as connection:
        add(connection, slow)
        store(pair.writing, quick)
        look.until_shown(quick)
        page = pair.on_replica.page(JOE, OF_JOE, followed=True)
        assert str(quick["id"]) in [event["id"] for event in page.events]
        positions = [TailPosition(None, page.stored), TailPosition(None, look.tail._seen)]
        connection.commit()
    store(pair.writing, last)
    for position in positions:
        resumed = Look(Tail(pair.on_replica, JOE, OF_JOE, position))
        resumed.until_shown(slow, last)
        assert sorted(resumed.shown) == sorted(ids(slow, last))


def test_a_replica_that_is_promoted_is_followed_further(own_pair: Pair) -> None:
    look = Look(Tail(own_pair.on_replica, JOE, OF_JOE))
    lost, quick, slow, later = (of_now() for _ in range(4))
    with own_pair.writing.connect() as connection:
        add(connection, lost)
        store(own_pair.writing, quick)
        look.until_shown(quick)
        own_pair.servers.fail_over()
        connection.invalidate()
    until(lambda: not is_replica(own_pair), what="it is promoted")
    store(own_pair.writing, lost)
    with own_pair.writing.connect() as connection:
        add(connection, slow)
        store(own_pair.writing, later)
        look.until_shown(lost, later)
        connection.commit()
    look.until_shown(slow)
    assert look.once() == ids(quick, lost, later, slow)


def is_replica(pair: Pair) -> bool:
    with transaction(pair.on_replica._engine) as connection:
        return bool(connection.scalar(text("SELECT pg_is_in_recovery()")))


def test_a_tail_that_is_led_to_a_server_that_is_behind_shows_all_and_nothing_twice(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a pooler before several replicas."""
    tail = Tail(pair.on_primary, JOE, OF_JOE)
    look, first, second, third = Look(tail), of_now(), of_now(), of_now()
    until(lambda: replica_has(pair, pair.on_primary.snapshot()), what="the replica is even")
    pair.servers.hold_back()
    store(pair.writing, first)
    look.until_shown(first)
    tail._reader = pair.on_replica
    assert look.once() == ids(first)
    tail._reader = pair.on_primary
    monkeypatch.setattr(stored_batches, "MOST_IDS", 1)
    store(pair.writing, second)
    store(pair.writing, third)
    assert look.once() == ids(first, second)  # a part
    tail._reader = pair.on_replica
    assert look.once() == ids(first, second)
    pair.servers.catch_up()
    look.until_shown(third)
    assert set(look.shown) == set(ids(first, second, third))


def replica_has(pair: Pair, wanted: Snapshot) -> bool:
    return wanted.is_within(pair.on_replica.snapshot())


def test_a_replica_tells_which_transactions_run_as_its_primary_does(pair: Pair) -> None:
    with pair.writing.connect() as first, pair.writing.connect() as second:
        add(first, of_now())
        store(pair.writing, of_now())
        add(second, of_now())
        store(pair.writing, of_now())
        expected = pair.on_primary.snapshot()
        assert len(expected.running) == 2
        until(lambda: pair.on_replica.snapshot() == expected, what="the replica has replayed all of it")
        first.commit()
        store(pair.writing, of_now())
        expected = pair.on_primary.snapshot()
        assert len(expected.running) == 1
        until(lambda: pair.on_replica.snapshot() == expected, what="the replica has replayed that, too")


@pytest.mark.parametrize("change", [{"started_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"replayed": 10**15}])
def test_what_was_over_on_another_replica_is_asked_about_again(
    pair: Pair, change: dict[str, datetime | Decimal]
) -> None:
    with pair.writing.connect() as writing, transaction(pair.on_replica._engine) as connection:
        add(writing, of_now())
        store(pair.writing, of_now())
        until(lambda: len(snapshot(connection).running) == 1, what="it runs there")
        expected = snapshot(connection)
        replica, _ = connection.info[KNOWN]
        ahead = Snapshot(expected.xmax, expected.xmax, ())
        connection.info[KNOWN] = replica._replace(**change), ahead
        assert snapshot(connection) == expected


def test_only_what_is_new_or_ran_the_last_time_is_asked_about(pair: Pair) -> None:
    with transaction(pair.on_replica._engine) as connection:
        found = snapshot(connection)
        replica, _ = connection.info[KNOWN]
        claimed = Snapshot(found.xmin, found.xmax, ())
        connection.info[KNOWN] = replica, claimed
        assert snapshot(connection).running == ()
