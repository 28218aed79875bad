"""Partitions are made when they are needed, without stopping anybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert, text

from tests.support.periods import periods_between
from tests.support.rows import event_row, store
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import MissingPartition, StoreMisconfigured, StoreUnavailable
from trailkeeper.models.locks import MAKING_PARTITIONS
from trailkeeper.models.partitions import ensure, ensure_ahead, existing, period_of
from trailkeeper.models.tables import SCOPES, EventRow

OLD = datetime(2003, 5, 17, tzinfo=UTC)
PERIOD = period_of("user", OLD)


def _names(engine: Engine) -> list[str]:
    with transaction(engine) as connection:
        return [partition.name for partition in existing(connection)]


def test_a_partition_is_made_once_with_the_bounds_of_its_period(engine: Engine) -> None:
    assert ensure(engine, [PERIOD, PERIOD]) == ["events_user_2003_05"]
    assert ensure(engine, [PERIOD]) == []

    with transaction(engine) as connection:
        made = next(partition for partition in existing(connection) if partition.name == PERIOD.name)
    assert (made.scope, made.start, made.end, made.rows, made.detaching) == (
        "user", datetime(2003, 5, 1, tzinfo=UTC), datetime(2003, 6, 1, tzinfo=UTC), 0, False,
    )  # fmt: skip


def test_partitions_of_the_near_future_are_made_for_every_scope(engine: Engine) -> None:
    made = ensure_ahead(engine, datetime(2003, 11, 30, tzinfo=UTC), ahead=2)

    assert made == [
        "events_organization_2003", "events_organization_2004",
        "events_project_2003", "events_project_2004",
        "events_system_2003", "events_system_2004",
        "events_user_2003_11", "events_user_2003_12", "events_user_2004_01",
    ]  # fmt: skip


def test_many_at_once_make_each_partition_once(database_url: str) -> None:
    wanted = [period for scope in SCOPES for period in periods_between(scope, OLD, OLD.replace(year=2004))]
    engines = [make_engine(database_url, application_name="test", lock_timeout_ms=60_000) for _ in range(6)]

    with ThreadPoolExecutor(len(engines)) as pool:
        made = list(pool.map(lambda engine: ensure(engine, wanted), engines))

    assert sorted(name for names in made for name in names) == sorted(period.name for period in wanted)
    for engine in engines:
        engine.dispose()


def test_a_row_that_no_partition_takes_says_so_and_is_taken_once_there_is_one(engine: Engine) -> None:
    row = event_row(OLD)
    with pytest.raises(MissingPartition), transaction(engine) as connection:
        connection.execute(insert(EventRow), [row])

    store(engine, row)

    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT id FROM events_user_2003_05")) == row["id"]


def test_a_writer_in_the_middle_of_its_transaction_is_not_waited_for(
    database_url: str, engine: Engine
) -> None:
    ensure(engine, [period_of("user", OLD.replace(month=4))])
    hasty = make_engine(database_url, application_name="test", lock_timeout_ms=1)

    with transaction(engine) as writer:
        writer.execute(insert(EventRow), [event_row(OLD.replace(month=4))])
        assert ensure(hasty, [PERIOD]) == [PERIOD.name]
        writer.execute(insert(EventRow), [event_row(OLD)])
    hasty.dispose()

    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 2


def test_who_waits_too_long_for_another_maker_is_told_to_try_again(database_url: str, engine: Engine) -> None:
    hasty = make_engine(database_url, application_name="test", lock_timeout_ms=20)

    with transaction(engine) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING_PARTITIONS})
        with pytest.raises(StoreUnavailable):
            ensure(hasty, [PERIOD])
    assert ensure(hasty, [PERIOD]) == [PERIOD.name]
    hasty.dispose()


def test_a_table_of_somebody_else_with_the_name_is_left_alone(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text(f"CREATE TABLE {PERIOD.name} AS SELECT 'theirs' AS said"))

    with pytest.raises(StoreMisconfigured, match="already exists"):
        ensure(engine, [PERIOD])

    with transaction(engine) as connection:
        assert connection.scalar(text(f"SELECT said FROM {PERIOD.name}")) == "theirs"
    assert PERIOD.name not in _names(engine)


def test_no_partition_takes_what_no_other_does(engine: Engine) -> None:
    with transaction(engine) as connection:
        defaults = connection.scalar(text("SELECT count(*) FROM pg_partitioned_table WHERE partdefid <> 0"))

    assert defaults == 0


def test_rows_and_bytes_of_a_partition_are_known_without_counting(engine: Engine) -> None:
    store(engine, *(event_row(OLD) for _ in range(50)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE trailkeeper.events_user_2003_05"))
    with transaction(engine) as connection:
        found = {partition.name: partition for partition in existing(connection)}

    assert found["events_user_2003_05"].rows == 50
    assert found["events_user_2003_05"].bytes > 50 * 100


def test_a_partition_of_other_bounds_than_ours_is_named(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE theirs PARTITION OF events_user DEFAULT"))

    with (
        engine.connect() as connection,
        pytest.raises(StoreMisconfigured, match="theirs has the bounds DEFAULT"),
    ):
        existing(connection)
