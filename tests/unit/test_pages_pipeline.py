"""What the pipeline's page calls trouble, and how it reads Redis' numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trailkeeper.models.outbox import OutboxBacklog
from trailkeeper.models.partitions import Partition
from trailkeeper.models.tables import SCOPES
from trailkeeper.views.pages.pipeline import warnings
from trailkeeper.views.stream_state import DrainPause, StreamState

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
WELL = StreamState(waiting=3, pending=2, oldest_seconds=0.2, totals={"stored": 10}, beat_seconds=20.0)
FULL = {"used_memory": 10, "maxmemory": 10}
OUTAGE = (DrainPause("store", NOON - timedelta(hours=1)),)


def _partition(scope: str, start: datetime) -> Partition:
    return Partition(
        scope=scope, start=start, end=start + timedelta(days=30), name="p", rows=0, bytes=0, detaching=False
    )


AHEAD = [_partition(scope, NOON + timedelta(days=1)) for scope in SCOPES]


def _titles(facts: StreamState | None, partitions: list[Partition]) -> list[str]:
    return [trouble.title for trouble in warnings(facts, partitions, NOON)]


@pytest.mark.parametrize(
    ("changes", "titles"),
    [
        ({}, []),
        ({"pauses": (DrainPause("store"),)}, ["Storing is paused"]),
        ({"memory": FULL, "pauses": OUTAGE}, ["Redis is full", "Storing is paused"]),
        ({"oldest_seconds": 61.0}, ["Events are waiting"]),
        ({"beat_seconds": None}, ["Beat is silent"]),
        ({"beat_seconds": 1e6, "pauses": OUTAGE}, ["Storing is paused", "Beat is silent"]),
    ],
)
def test_what_needs_somebody_is_told_worst_first(changes: dict[str, Any], titles: list[str]) -> None:
    assert _titles(replace(WELL, **changes), AHEAD) == titles


def test_what_is_wrong_says_since_when() -> None:
    ill = replace(WELL, memory=FULL, last_write=NOON, pauses=OUTAGE)
    full, paused, missing = warnings(ill, AHEAD, NOON, missing=1, since=NOON)
    assert (full.since, paused.since, missing.since) == (NOON, NOON - timedelta(hours=1), NOON)


def test_an_outbox_that_nobody_relays_is_trouble() -> None:
    for seconds, titles in ((59.0, []), (61.0, ["The outbox is not relayed"])):
        found = warnings(WELL, AHEAD, NOON, OutboxBacklog(1, seconds))
        assert [trouble.title for trouble in found] == titles


@pytest.mark.parametrize(
    ("missing", "title"), [(1, "1 event is missing"), (1_234, "1,234 events are missing")]
)
def test_missing_events_are_trouble(missing: int, title: str) -> None:
    assert [found.title for found in warnings(WELL, AHEAD, NOON, missing=missing)] == [title]


def test_each_scope_without_a_partition_ahead_is_named() -> None:
    past = [_partition(scope, NOON - timedelta(days=1)) for scope in SCOPES[1:]]

    assert _titles(WELL, [AHEAD[0], *past]) == ["Partitions run out"] * 3


def test_without_redis_nothing_else_is_guessed() -> None:
    assert _titles(None, []) == ["Redis does not answer"]
