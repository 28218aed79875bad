"""What is kept of events until they are written: rows, numbers and times, whatever parts they came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.drains import an_event
from trailkeeper.models.partitions import period_of
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.event import Event
from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain.judge import judge_all
from trailkeeper.worker.drain.messages import NO_MORE, Accepted, Message
from trailkeeper.worker.drain.ready import Ready
from trailkeeper.worker.drain.rows import periods_of

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
CATALOGUE = load()
PRODUCERS = {"web:1:a": 1, "web:2:b": 2}


def accepted(*events: Event) -> list[Accepted]:
    messages = [Message(f"{number}-0", encode(event), None, NO_MORE) for number, event in enumerate(events)]
    good, bad = judge_all(messages, CATALOGUE, NOW)
    assert bad == []
    return good


def numbered(number: int, hours: int, producer: str) -> Event:
    voids = [number + 1_000] if number % 3 == 0 else None
    event = an_event(NOW - timedelta(hours=hours))
    return replace(event, producer=producer, seq=number, **({"voids": voids} if voids else {}))


EVENTS = st.lists(
    st.builds(numbered, st.integers(1, 99), st.integers(0, 900), st.sampled_from(sorted(PRODUCERS))),
    min_size=1,
    max_size=12,
)


@given(EVENTS, st.integers(1, 5))
def test_parts_add_up_to_the_whole(events: list[Event], size: int) -> None:
    found, whole = accepted(*events), Ready()
    whole.add(found, [(None, None)] * len(found), PRODUCERS)
    parts = Ready()
    for begin in range(0, len(found), size):
        part = found[begin : begin + size]
        parts.add(part, [(None, None)] * len(part), PRODUCERS)
    assert parts.rows == whole.rows
    assert parts.moments == whole.moments == [event.occurred_at for event in events]
    assert (parts.numbers, parts.voids) == (whole.numbers, whole.voids)
    assert sum(map(len, whole.numbers.values())) == len(events)


@given(EVENTS)
def test_rows_tell_the_periods_of_their_events(events: list[Event]) -> None:
    found, ready = accepted(*events), Ready()
    ready.add(found, [(None, None)] * len(found), PRODUCERS)
    assert periods_of(ready.rows) == {
        period_of(each.event_type.scope, each.event.occurred_at) for each in found
    }
