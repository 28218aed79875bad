"""EventCounts: kept with what they count, merged, moved; what they lack is held against a plain model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.drains import query
from trailkeeper.models.counting import CountKey, Producers, add, from_text, grouped
from trailkeeper.models.counting.event_counts import Fate, hour_of
from trailkeeper.models.counting.gaps import missing_numbers, open_gaps, record_highest, update_gaps
from trailkeeper.models.counting.merging import merge_all
from trailkeeper.models.counting.moving import move, purge_all
from trailkeeper.models.counting.ranges import Ranges, missing, ranges_of
from trailkeeper.models.engine import transaction
from trailkeeper.producer.ids import uuid7

HOUR = hour_of(uuid7(datetime(2026, 11, 15, 12, tzinfo=UTC)))


def counted(
    engine: Engine, producer: int, fate: Fate, *numbers: int, hour: int = HOUR, scope: str = "user"
) -> None:
    with transaction(engine) as connection:
        add(connection, grouped((CountKey(producer, hour, scope, fate), number) for number in numbers))


def tallies(engine: Engine) -> set[tuple[Any, ...]]:
    """What each fate holds, however many rows it takes."""
    statement = "SELECT fate, scope, CAST(range_agg(r) AS text) FROM event_counts, unnest(sequences) AS r"
    with transaction(engine) as connection:
        found = connection.execute(text(f"{statement} GROUP BY 1, 2"))
        return {(fate, scope, *map(tuple, from_text(numbers))) for fate, scope, numbers in found}


@pytest.fixture
def producer(engine: Engine) -> int:
    return Producers(engine).ids(["web-1:1:ab"])["web-1:1:ab"]


def test_a_producer_has_one_id_for_everybody(engine: Engine) -> None:
    first, second = Producers(engine), Producers(engine)
    assert first.ids(["a", "b"]) == second.ids(["b", "a"]) == first.ids(["a", "b"])
    assert len(set(first.ids(["a", "b"]).values())) == 2


def test_a_memory_that_is_full_begins_again(engine: Engine) -> None:
    small = Producers(engine, capacity=2)
    before = small.ids(["a", "b"])
    assert small.ids(["c", "a"])["a"] == before["a"]


def test_tallies_of_one_key_become_one_and_nothing_is_counted_twice(
    engine: Engine, producer: int, database_url: str
) -> None:
    for numbers in ([1, 2], [3], [7], [3, 4]):
        counted(engine, producer, "stored", *numbers)
        merge_all(engine)
    counted(engine, producer, "dead", 5)

    assert (merge_all(engine), merge_all(engine)) == (1, 0)

    rows = query(
        database_url,
        "SELECT fate, merged, CAST(sequences AS text) AS numbers FROM event_counts ORDER BY fate DESC",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("stored", True, "{[1,5),[7,8)}"),
        ("dead", True, "{[5,6)}"),
    ]
    with transaction(engine) as connection:
        assert missing_numbers(connection) == {producer: [(6, 6)]}


def test_what_is_rolled_back_was_never_counted(engine: Engine, producer: int, database_url: str) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        add(connection, {CountKey(producer, HOUR, "user", "stored"): [1]})
        transaction.rollback()
    assert query(database_url, "SELECT * FROM event_counts") == []


@pytest.mark.parametrize("merged", [False, True])
def test_numbers_move_from_one_fate_to_another_and_the_others_stay(
    engine: Engine, producer: int, merged: bool
) -> None:
    counted(engine, producer, "stored", *range(1, 10))
    counted(engine, producer, "dead", 12)
    if merged:
        merge_all(engine)
    with transaction(engine) as connection:
        move(connection, {producer: [(2, 3), (8, 12)]}, "stored", "purged")

    merge_all(engine)

    assert tallies(engine) == {
        ("stored", "user", (1, 1), (4, 7)),
        ("purged", "user", (2, 3), (8, 9)),
        ("dead", "user", (12, 12)),
    }


def test_a_dropped_partition_moves_what_it_held_and_nothing_else(engine: Engine, producer: int) -> None:
    counted(engine, producer, "stored", 1)
    counted(engine, producer, "stored", 2, scope="project")
    counted(engine, producer, "stored", 3, hour=HOUR + 1)
    merge_all(engine)
    start = datetime(2026, 11, 15, 12, tzinfo=UTC)
    with transaction(engine) as connection:
        purge_all(connection, "user", start, start + timedelta(hours=1))

    assert tallies(engine) == {
        ("purged", "user", (1, 1)),
        ("stored", "project", (2, 2)),
        ("stored", "user", (3, 3)),
    }


def test_what_was_seen_and_never_came_is_missing(engine: Engine, producer: int) -> None:
    with transaction(engine) as connection:
        record_highest(connection, {producer: 3})
        record_highest(connection, {producer: 2})
        assert missing_numbers(connection) == {producer: [(1, 3)]}


def test_a_gap_shrinks_ends_and_another_begins(engine: Engine, producer: int) -> None:
    seen: list[list[Ranges]] = []
    for numbers in ([(2, 5)], [(2, 3), (9, 9)], [(9, 9)], []):
        with transaction(engine) as connection:
            ended = update_gaps(connection, {producer: numbers} if numbers else {})
            seen.append([gap.numbers for gap in open_gaps(connection)])
        assert [gap.numbers for gap in ended] == {2: [[(2, 3)]], 3: [[(9, 9)]]}.get(len(seen) - 1, [])
    assert seen == [[[(2, 5)]], [[(2, 3)], [(9, 9)]], [[(9, 9)]], []]


batches = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=10), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=batches, merging=st.booleans(), data=st.data())
def test_what_is_missing_is_what_a_set_lacks(
    engine: Engine, batches: list[list[int]], merging: bool, data: st.DataObject
) -> None:
    name = f"model:{uuid4()}"  # another one for each example
    [producer] = Producers(engine).ids([name]).values()
    for batch in batches:
        counted(engine, producer, data.draw(st.sampled_from(["stored", "dead", "unused"])), *batch)
        if merging:
            merge_all(engine)
    merge_all(engine)

    known = {number for batch in batches for number in batch}
    with transaction(engine) as connection:
        found = missing_numbers(connection).get(producer, [])
    assert found == missing(ranges_of(known), max(known, default=0))
