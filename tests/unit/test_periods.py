"""Which partition an event belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.periods import periods_between
from trailkeeper.models.periods import Period, id_floor, period_named, period_of
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.ids import moment_of, uuid7

scopes = st.sampled_from(SCOPES)
zones = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=zones)  # noqa: DTZ001 - zones are added


@given(scopes, moments)
def test_every_moment_falls_in_the_one_period_that_holds_it(scope: str, moment: datetime) -> None:
    period = period_of(scope, moment)

    assert period.start <= moment < period.end
    assert period_of(scope, period.start) == period
    assert period_of(scope, period.end - timedelta(microseconds=1)) == period


@given(scopes, st.datetimes(datetime(1970, 1, 2), datetime(9997, 12, 30), timezones=zones))  # noqa: DTZ001 - as above
def test_a_period_ends_where_the_next_begins(scope: str, moment: datetime) -> None:
    period = period_of(scope, moment)

    assert period.next().start == period.end
    assert period.next().low == period.high


@given(scopes, moments)
def test_an_id_lies_within_the_bounds_of_its_moments_period(scope: str, moment: datetime) -> None:
    period = period_of(scope, moment)

    assert period.low <= uuid7(moment) < period.high


@given(moments, moments)
def test_the_floor_of_ids_rises_with_time(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))

    assert id_floor(earlier) <= id_floor(later)
    assert moment_of(id_floor(later)) <= later < moment_of(id_floor(later)) + timedelta(milliseconds=1)


@given(
    scopes,
    moments.filter(lambda moment: moment.year < 9900),
    st.timedeltas(timedelta(0), timedelta(days=1500)),
)
def test_periods_between_two_times_follow_each_other_without_gap(
    scope: str, first: datetime, span: timedelta
) -> None:
    found = periods_between(scope, first, first + span)

    assert found[0] == period_of(scope, first)
    assert found[-1] == period_of(scope, first + span)
    assert all(one.end == other.start for one, other in pairwise(found))


@given(scopes, moments)
def test_a_period_is_found_again_by_its_name(scope: str, moment: datetime) -> None:
    period = period_of(scope, moment)

    assert period_named(period.name) == period


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("user", "events_user_2026_11"),
        ("project", "events_project_2026"),
        ("organization", "events_organization_2026"),
        ("system", "events_system_2026"),
    ],
)
def test_user_events_are_kept_by_month_and_others_by_year(scope: str, name: str) -> None:
    period = period_of(scope, datetime(2026, 11, 15, tzinfo=UTC))

    assert period.name == name


def test_a_month_begins_at_midnight_utc_wherever_the_clock_stands() -> None:
    in_kiritimati = datetime(2026, 12, 1, 3, tzinfo=timezone(timedelta(hours=14)))

    assert period_of("user", in_kiritimati) == Period(
        "user", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    )


def test_the_floor_of_an_id_is_its_milliseconds_and_nothing_else() -> None:
    assert id_floor(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC)) == UUID(int=1000 << 80)


@pytest.mark.parametrize(
    ("scope", "moment", "message"),
    [
        ("team", datetime(2026, 1, 1, tzinfo=UTC), "scope is 'team'; expected one of user, project"),
        ("user", datetime(2026, 1, 1), "no time zone"),  # noqa: DTZ001 - the mistake under test
        ("user", datetime(1969, 12, 31, tzinfo=UTC), "out of range; expected a time from 1970 to 9998"),
        ("user", datetime(9999, 1, 1, tzinfo=UTC), "out of range"),
        ("user", datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "out of range"),
        ("user", datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "out of range"),
    ],
)
def test_what_has_no_period_is_refused(scope: str, moment: datetime, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        period_of(scope, moment)


@pytest.mark.parametrize(
    "name",
    [
        "events",
        "events_user_2026",
        "events_user_2026_13",
        "events_user_2026_00",
        "events_project_2026_01",
        "events_team_2026",
        "events_user_1969_12",
        "events_project_9999",
        "events_user_2026_11; --",
        "events_user_\N{ARABIC-INDIC DIGIT TWO}026_11",
    ],
)
def test_a_name_that_is_no_partitions_names_no_period(name: str) -> None:
    assert period_named(name) is None
