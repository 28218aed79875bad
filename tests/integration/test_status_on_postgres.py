"""What an operator asks of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.status import (
    dead_letter,
    dead_letter_counts,
    dead_letters,
    newest_event,
    recent_locations,
    schema_current,
    server_facts,
)
from trailkeeper.models.tables import DeadLetterRow, LocationRow


def _bury(engine: Engine, stream_id: str, reason: str) -> int:
    columns: dict[str, Any] = {
        "stream": "s",
        "digest": stream_id.encode(),
        "detail": "because",
        "deliveries": 1,
        "raw": b"\x00raw",
    }
    return store_in(engine, DeadLetterRow, stream_id=stream_id, reason=reason, **columns)


def test_dead_letters_are_counted_by_reason_the_most_frequent_first(engine: Engine) -> None:
    for number, reason in enumerate(["not_json", "bad_id", "bad_id"]):
        _bury(engine, f"{number}-0", reason)

    with transaction(engine) as connection:
        assert list(dead_letter_counts(connection).items()) == [("bad_id", 2), ("not_json", 1)]


def test_dead_letters_are_listed_newest_first_without_their_messages(engine: Engine) -> None:
    ids = [_bury(engine, f"{number}-0", reason) for number, reason in enumerate(["a", "b", "a", "a"])]

    with transaction(engine) as connection:
        found = dead_letters(connection, limit=2)
        rest = dead_letters(connection, limit=2, before=found[-1].id)
        of_one_reason = dead_letters(connection, reason="a", before=ids[3])

    assert [letter.id for letter in found + rest] == ids[::-1]
    assert [letter.id for letter in of_one_reason] == [ids[2], ids[0]]
    assert (found[0].stream_id, found[0].detail, found[0].size, found[0].raw) == ("3-0", "because", 4, None)


def test_one_dead_letter_is_shown_with_its_message(engine: Engine) -> None:
    identity = _bury(engine, "1-0", "not_json")

    with transaction(engine) as connection:
        found = dead_letter(connection, identity)
        assert found is not None
        assert found.raw == b"\x00raw"
        assert dead_letter(connection, identity + 1) is None


def test_a_server_says_its_version_encoding_and_time(engine: Engine) -> None:
    with transaction(engine) as connection:
        facts = server_facts(connection)

    assert facts.version >= 140000
    assert facts.encoding == "UTF8"
    assert abs(facts.clock - datetime.now(UTC)) < timedelta(minutes=1)
    assert facts.read_only is False
    assert facts.bytes > 1_000_000


def test_the_newest_event_is_the_one_that_occurred_last(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert newest_event(connection) is None
    rows = [event_row(NOON), event_row(NOON + timedelta(seconds=1), scope="project"), event_row(NOON)]
    store(engine, *rows)

    with transaction(engine) as connection:
        found = newest_event(connection)
    assert found is not None
    assert found.id == rows[1]["id"]


def test_the_schema_is_current_once_migrated_and_not_before(engine: Engine, empty_database_url: str) -> None:
    empty = make_engine(empty_database_url, application_name="test")

    with transaction(engine) as connection:
        assert schema_current(connection) is True
        connection.execute(text("UPDATE trailkeeper_version SET version_num = '9999'"))
        assert schema_current(connection) is False
    with transaction(empty) as connection:
        assert schema_current(connection) is False
    with (
        pytest.raises(StoreMisconfigured, match='relation "events" does not exist'),
        empty.connect() as connection,
    ):
        newest_event(connection)
    empty.dispose()


def test_whether_workers_find_locations_is_told_by_the_public_addresses_of_the_last_day(
    engine: Engine,
) -> None:
    now = datetime.now(UTC)
    place, nowhere = (
        store_in(engine, LocationRow, source=source, build="1", digest=digest, display=None)
        for source, digest in (("GeoLite2-City", b"a" * 16), ("address", b"b" * 16))
    )
    rows = [event_row(now, ip="192.0.2.1", location_id=location) for location in (place, None, None, nowhere)]
    store(
        engine, *rows, event_row(now - timedelta(days=3), ip="192.0.2.1", location_id=place), event_row(now)
    )
    with transaction(engine) as connection:
        assert recent_locations(connection) == (3, 1)
