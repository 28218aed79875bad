"""A partition is dropped with its events; whoever dies in between leaves nothing behind for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert, text

from tests.support.rows import event_row, store
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.partitions import Partition, drop, ensure, existing, leftovers, period_of
from trailkeeper.models.partitions.known import DOOMED
from trailkeeper.models.tables import EventRow

MAY, JUNE = (datetime(2003, month, 17, tzinfo=UTC) for month in (5, 6))


def _partition(engine: Engine, name: str) -> Partition:
    with transaction(engine) as connection:
        return next(partition for partition in existing(connection) if partition.name == name)


def _tables(engine: Engine) -> set[str]:
    with transaction(engine) as connection:
        found = text("SELECT relname FROM pg_class WHERE relname LIKE 'events_user_2003___'")
        return set(connection.scalars(found))


def _months_with_events(engine: Engine) -> list[int]:
    with transaction(engine) as connection:
        found = text("SELECT extract(month FROM occurred_at)::int FROM events ORDER BY id")
        return list(connection.scalars(found))


@pytest.fixture
def may(engine: Engine) -> Partition:
    """A partition with an event; June has one too."""
    store(engine, event_row(MAY), event_row(JUNE))
    return _partition(engine, "events_user_2003_05")


@pytest.fixture
def hasty(database_url: str) -> Iterator[Engine]:
    """Connections that wait for nobody for long."""
    found = make_engine(database_url, application_name="test", statement_timeout_ms=200)
    yield found
    found.dispose()


@contextmanager
def _held_up(engine: Engine, hasty: Engine, partition: Partition) -> Iterator[None]:
    """A removal has begun, and waits for a reader who reads on for the time of the block."""
    with transaction(engine) as reader:
        reader.execute(text("SELECT count(*) FROM events")).all()
        with pytest.raises(StoreUnavailable):
            drop(hasty, partition)
        yield


def _detach_as_a_purge_that_died(engine: Engine, name: str) -> None:
    with transaction(engine) as connection:
        connection.execute(text(f"COMMENT ON TABLE {name} IS '{DOOMED}'"))
        connection.execute(text(f"ALTER TABLE events_user DETACH PARTITION {name}"))


def test_a_partition_goes_with_its_events_and_the_others_stay(engine: Engine, may: Partition) -> None:
    assert drop(engine, may) is True
    assert drop(engine, may) is False

    assert _months_with_events(engine) == [6]
    assert _tables(engine) == {"events_user_2003_06"}


def test_a_removal_that_a_reader_held_up_is_finished_by_the_next(
    engine: Engine, hasty: Engine, may: Partition
) -> None:
    # out of sight and in nobody's way while it waits
    with _held_up(engine, hasty, may), transaction(hasty) as writer:
        writer.execute(insert(EventRow), [event_row(JUNE)])
    assert _partition(engine, may.name).detaching

    june = _partition(engine, "events_user_2003_06")
    assert drop(hasty, june) is True

    assert _tables(engine) == set()


def test_a_period_in_removal_cannot_be_made_anew_until_that_is_done(
    engine: Engine, hasty: Engine, may: Partition
) -> None:
    with (
        _held_up(engine, hasty, may),
        pytest.raises(StoreUnavailable, match="events_user_2003_05 is being dropped"),
    ):
        ensure(hasty, [period_of("user", MAY)])
    drop(hasty, may)

    assert ensure(hasty, [period_of("user", MAY)]) == ["events_user_2003_05"]


def test_what_a_dead_purge_detached_is_dropped_by_the_next(engine: Engine, may: Partition) -> None:
    _detach_as_a_purge_that_died(engine, may.name)
    with transaction(engine) as connection:
        assert leftovers(connection) == ["events_user_2003_05"]

    drop(engine, _partition(engine, "events_user_2003_06"))

    assert _tables(engine) == set()


def test_a_new_partition_replaces_what_a_dead_purge_detached(engine: Engine, may: Partition) -> None:
    _detach_as_a_purge_that_died(engine, may.name)

    assert ensure(engine, [period_of("user", MAY)]) == ["events_user_2003_05"]
    assert _months_with_events(engine) == [6]


def test_a_partition_that_an_operator_detached_is_kept(engine: Engine, may: Partition) -> None:
    with transaction(engine) as connection:
        connection.execute(text("ALTER TABLE events_user DETACH PARTITION events_user_2003_05"))

    assert drop(engine, may) is False
    drop(engine, _partition(engine, "events_user_2003_06"))

    assert _tables(engine) == {"events_user_2003_05"}


def test_a_table_that_is_no_partition_of_ours_is_refused(engine: Engine) -> None:
    stranger = Partition("user", MAY, JUNE, "users; DROP TABLE events", 0, 0, False)

    with pytest.raises(ValueError, match="is not a partition's name; expected one like events_user_2026_11"):
        drop(engine, stranger)
