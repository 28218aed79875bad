"""How often and how much at once: limits that hold, and hold no memory."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from trailkeeper.views.limits import MAX_ADDRESSES, ConcurrencyLimiter, RateLimiter
from trailkeeper.views.problems import Problem


def test_tries_come_back_with_time_and_never_more_than_there_were() -> None:
    clock = Clock()
    tries = RateLimiter(3, 30, clock)
    assert [tries.take("192.0.2.1") for _ in range(3)] == [None, None, None]
    assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10
    assert tries.take("192.0.2.1") is None
    assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10_000
    assert [tries.take("192.0.2.1") is None for _ in range(4)] == [True, True, True, False]


def test_who_is_refused_does_not_wait_longer_for_having_asked() -> None:
    clock = Clock()
    tries = RateLimiter(1, 10, clock)
    tries.take("192.0.2.1")
    for _ in range(50):
        assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10.1
    assert tries.take("192.0.2.1") is None


def test_all_of_a_network_of_64_bits_is_one_address() -> None:
    tries = RateLimiter(1)
    assert tries.take("2001:db8::1") is None
    assert tries.take("2001:db8::ffff:1") is not None
    assert tries.take("2001:db8:0:1::1") is None
    assert tries.take(None) is None
    assert tries.take("testclient") is None
    assert tries.take(None) is not None


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    tries = RateLimiter(1, clock=Clock())
    for number in range(MAX_ADDRESSES + 500):
        tries.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(tries._full_again) == MAX_ADDRESSES
    assert tries.take("10.0.0.0") is None
    assert tries.take("10.0.0.0") is not None


def test_slots_are_bounded_in_all_and_for_each_and_can_be_given_back_once() -> None:
    slots = ConcurrencyLimiter("exports", 3, 2)
    first, second = slots.acquire("a"), slots.acquire("a")
    with pytest.raises(Problem, match="you already have 2 exports") as mine:
        slots.acquire("a")
    slots.acquire("b")
    with pytest.raises(Problem, match="there are too many exports at the moment") as all_taken:
        slots.acquire("c")
    assert (mine.value.status, all_taken.value.status) == (429, 503)
    assert mine.value.headers == {"Retry-After": "5"}
    first()
    first()
    slots.acquire("a")
    with pytest.raises(Problem):
        slots.acquire("a")
    second()


def test_nobody_is_remembered_who_has_no_slot() -> None:
    slots = ConcurrencyLimiter("exports", 3, 2)
    for number in range(100):
        slots.acquire(f"viewer {number}")()
    assert len(slots._running) == 0
