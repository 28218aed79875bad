"""The events that are measured with are such as `emit` accepts."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.benchmarks.data import events
from tests.benchmarks.data.events import MIX
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.validation import encoded
from trailkeeper.producer.wire import decode

COUNT = 400


def test_every_event_is_valid_by_the_shipped_catalogue() -> None:
    catalogue, now = load(), datetime.now(UTC)
    for event in events(COUNT):
        kind = catalogue.get(event.tag)
        assert kind is not None, event.tag
        found, _ = decode(encoded(event, now))
        assert found == event


def test_the_facts_are_the_same_in_every_run_and_the_ids_are_not() -> None:
    first, second = list(events(COUNT)), list(events(COUNT))
    assert [(event.tag, event.actor, event.ip) for event in first] == [
        (event.tag, event.actor, event.ip) for event in second
    ]
    assert len({event.id for event in first + second}) == 2 * COUNT


def test_the_shares_of_the_mix_are_percents() -> None:
    assert sum(MIX.values()) == 100
    assert {event.tag for event in events(COUNT)} <= MIX.keys()
