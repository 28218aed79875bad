"""What a backfill is about: what is refused, and that it comes back from JSON as it went."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.backfills import EnrichFilters, ReplayFilters
from trailkeeper.models.tables import SCOPES

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
WORDS = st.text(min_size=1, max_size=20)
ENRICH = st.builds(
    EnrichFilters,
    which=st.sampled_from(["missing", "older", "all"]),
    tags=st.lists(WORDS, max_size=3).map(tuple),
    scope=st.none() | st.sampled_from(SCOPES),
    user=st.none() | WORDS,
    project=st.none() | WORDS,
    since=st.none() | MOMENTS,
)
REPLAY = st.builds(
    ReplayFilters,
    st.integers(0, 2**63 - 1),
    st.lists(WORDS, max_size=3).map(tuple),
    st.lists(st.integers(1, 9), max_size=3).map(tuple),
)


@given(ENRICH)
def test_filters_come_back_from_json_as_they_went(filters: EnrichFilters) -> None:
    assert EnrichFilters.from_json(json.loads(json.dumps(filters.as_json()))) == filters


@given(REPLAY)
def test_those_of_a_replay_do_too(filters: ReplayFilters) -> None:
    assert ReplayFilters.from_json(json.loads(json.dumps(filters.as_json()))) == filters


def test_what_is_not_asked_for_is_not_kept() -> None:
    assert EnrichFilters().as_json() == {"which": "missing"}


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"which": "some"}, "which is 'some'; expected one of missing, older, all"),
        ({"scope": "planet"}, "scope is 'planet'; expected one of user, project"),
        ({"since": NOON, "until": NOON}, "is not after since"),
        ({"since": NOON, "until": NOON - timedelta(days=1)}, "is not after since"),
        ({"since": datetime(1960, 1, 1, tzinfo=UTC)}, "is out of range"),
        ({"until": NOON.replace(tzinfo=None)}, "has no time zone"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EnrichFilters(**given)


def test_without_an_end_it_ends_at_the_moment_it_was_asked_for() -> None:
    assert EnrichFilters().ending(NOON).range[1] == NOON
    earlier = NOON - timedelta(days=1)
    assert EnrichFilters(until=earlier).ending(NOON).range[1] == earlier


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    here = NOON.astimezone(timezone(timedelta(hours=5)))
    assert EnrichFilters.from_json(EnrichFilters(since=here).as_json()).since == NOON
