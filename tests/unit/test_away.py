"""A server that failed is left alone for longer each time, and forgotten once it answers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.support.clock import Clock
from trailkeeper.producer.transports import away
from trailkeeper.producer.transports.away import AwayServers


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(away, "time", SimpleNamespace(monotonic=found))
    return found


def failures(servers: AwayServers, clock: Clock, number: int) -> list[float]:
    """For how long it is left alone after each of some failures in a row."""
    found = []
    for _ in range(number):
        servers.leave("a")
        began = clock.now
        while servers.is_away("a"):
            clock.now += 0.5
        found.append(clock.now - began)
    return found


def test_each_failure_in_a_row_doubles_the_time_up_to_the_longest(clock: Clock) -> None:
    servers = AwayServers(2.0, 30.0)
    assert failures(servers, clock, 6) == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    servers.returned("a")
    assert failures(servers, clock, 2) == [2.0, 4.0]


def test_without_a_longest_time_it_is_always_the_same(clock: Clock) -> None:
    assert failures(AwayServers(5.0), clock, 3) == [5.0, 5.0, 5.0]


def test_others_are_not_left_with_it(clock: Clock) -> None:
    servers = AwayServers(5.0)
    servers.leave("a")
    assert servers.is_away("a")
    assert not servers.is_away("b")
    clock.now += 5
    assert not servers.is_away("a")
