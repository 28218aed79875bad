"""What is kept of events until they are written: rows, numbers and times, whatever parts they came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.drains import an_event
from tests.support.judging import a_judge
from trailkeeper.models.partitions import period_of_id
from trailkeeper.producer.event import Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest.judge import judge_all
from trailkeeper.worker.ingest.messages import NO_FIELDS, Accepted, IncomingMessage
from trailkeeper.worker.ingest.prepared import Prepared
from trailkeeper.worker.ingest.rows import NOTHING_DERIVED, periods_of, rows_of

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
JUDGE = a_judge()
EDGES = [
    (NOW - edge) // timedelta(hours=1)
    for edge in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
]
"""Hours before `NOW` at which a month begins."""

PRODUCERS = {"web:1:a": 1, "web:2:b": 2}


def accepted(*events: Event) -> list[Accepted]:
    messages = [
        IncomingMessage(f"{number}-0", encode(event), None, NO_FIELDS) for number, event in enumerate(events)
    ]
    good, bad = judge_all(messages, JUDGE.judge, NOW)
    assert bad == []
    return good


def numbered(number: int, hours: int, producer: str, drift_ms: int) -> Event:
    voids = [number + 1_000] if number % 3 == 0 else None
    moment = NOW - timedelta(hours=hours)
    event = an_event(moment, id=uuid7(moment + timedelta(milliseconds=drift_ms)))
    return replace(event, producer=producer, seq=number, **({"voids": voids} if voids else {}))


EVENTS = st.lists(
    st.builds(
        numbered,
        st.integers(1, 99),
        st.integers(0, 900) | st.sampled_from(EDGES),
        st.sampled_from(sorted(PRODUCERS)),
        st.integers(-2, 2),
    ),
    min_size=1,
    max_size=12,
)


def prepared(events: list[Event], size: int) -> Prepared:
    whole, batch = accepted(*events), Prepared()
    for begin in range(0, len(whole), size):
        part = whole[begin : begin + size]
        batch.add(part, rows_of(part, [NOTHING_DERIVED] * len(part), PRODUCERS), [], PRODUCERS)
    return batch


@given(EVENTS, st.integers(1, 5))
def test_parts_add_up_to_the_whole(events: list[Event], size: int) -> None:
    whole, parts = prepared(events, len(events)), prepared(events, size)
    assert parts.rows == whole.rows
    assert parts.messages == whole.messages
    assert parts.occurred_at == whole.occurred_at == [event.occurred_at for event in events]
    assert parts.counts == whole.counts
    stored = [numbers for key, numbers in whole.counts.items() if key.fate == "stored"]
    assert sum(map(len, stored)) == len(events)


@given(EVENTS)
def test_rows_tell_the_periods_of_their_ids(events: list[Event]) -> None:
    assert periods_of(prepared(events, len(events)).rows) == {
        period_of_id(each.event_type.scope, each.event.id) for each in accepted(*events)
    }


@pytest.mark.parametrize("drift_ms", range(-2, 3))
def test_at_the_edge_of_a_month_the_id_tells_the_partition_whatever_occurred_at_says(drift_ms: int) -> None:
    edge = datetime(2026, 11, 1, tzinfo=UTC)
    event = an_event(edge, id=uuid7(edge + timedelta(milliseconds=drift_ms)))
    [period] = periods_of(prepared([event], 1).rows)
    assert period.low <= event.id < period.high
