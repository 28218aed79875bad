"""Rows through COPY come back as they went in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import DuplicateRow, MissingPartition, RefusedRow
from trailkeeper.models.writing import COLUMNS, CopyRow, copy_row, insert, insert_missing
from trailkeeper.producer.ids import uuid7


def a_row(moment: datetime | None = None, **columns: str | None) -> CopyRow:
    moment = moment or datetime.now(UTC)
    values: dict[str, str | None] = dict.fromkeys(COLUMNS)
    values |= {"id": str(uuid7(moment)), "occurred_at": moment.isoformat(), "scope": "user", "tag": "a:b"}
    values |= {"actor_kind": "user", **columns}
    return copy_row([values[name] for name in COLUMNS])


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=any_text, again=st.booleans())
def test_any_text_survives_both_ways_of_writing(engine: Engine, name: str, again: bool) -> None:
    written = a_row(user_id="u", user_name=name)
    with transaction(engine) as connection:
        (insert_missing if again else insert)(connection, [written])
        stored = connection.execute(
            text("SELECT user_name FROM events WHERE id = :id"), {"id": written.partition("\t")[0]}
        ).scalar_one()

    assert stored == name


def test_none_is_null_and_an_empty_text_is_not(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert(connection, [a_row(user_id="u", user_name=""), a_row(user_id="u", user_name=None)])
        names = connection.execute(text("SELECT user_name FROM events ORDER BY id")).scalars().all()

    assert names == ["", None]


def test_the_straight_way_tells_a_duplicate_and_writes_nothing(engine: Engine) -> None:
    there = a_row()
    with transaction(engine) as connection:
        insert(connection, [there])
    with pytest.raises(DuplicateRow), transaction(engine) as connection:
        insert(connection, [a_row(), there])

    assert count(engine) == 1


def test_the_way_by_staging_writes_what_is_missing_only(engine: Engine) -> None:
    there = a_row()
    with transaction(engine) as connection:
        insert(connection, [there])
    with transaction(engine) as connection:
        inserted = insert_missing(connection, [a_row(), there, there])

    assert len(inserted) == 1
    assert count(engine) == 2


def test_a_row_of_a_time_without_partition_is_told_apart(engine: Engine) -> None:
    with pytest.raises(MissingPartition), transaction(engine) as connection:
        insert(connection, [a_row(datetime(2003, 1, 1, tzinfo=UTC))])


def test_a_row_that_can_never_be_stored_is_told_apart(engine: Engine) -> None:
    with pytest.raises(RefusedRow), transaction(engine) as connection:
        insert(connection, [a_row(additional="no json")])
