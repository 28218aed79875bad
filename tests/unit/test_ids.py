"""Ids are times: their order is the order of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.ids import derived_uuid7, moment_of, uuid7

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS)
def test_an_id_is_a_version_7_uuid_that_knows_its_millisecond(moment: datetime) -> None:
    found = uuid7(moment)
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert timedelta(0) <= moment - moment_of(found) < timedelta(milliseconds=1)


@given(MOMENTS, st.integers(1, 10**9))
def test_ids_are_in_the_order_of_their_times_to_the_microsecond(moment: datetime, micros: int) -> None:
    assert uuid7(moment) < uuid7(moment + timedelta(microseconds=micros))


def test_ids_of_the_same_time_are_distinct() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    assert len({uuid7(moment) for _ in range(10_000)}) == 10_000


@given(MOMENTS, st.binary(), st.binary())
def test_a_derived_id_depends_on_time_and_content_alone(moment: datetime, one: bytes, other: bytes) -> None:
    assert derived_uuid7(moment, one) == derived_uuid7(moment, one)
    assert (derived_uuid7(moment, one) == derived_uuid7(moment, other)) == (one == other)


def test_a_derived_id_stays_the_same_from_release_to_release() -> None:
    moment = datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)
    assert str(derived_uuid7(moment, b"a line")) == "01a20d6d-5a7b-774b-b1b9-ee4a830b7558"
