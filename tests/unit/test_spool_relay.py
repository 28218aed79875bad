"""When a process delivers what the spool holds: seldom enough to cost nothing, soon enough to be of use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from tests.support.waiting import until
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.spool.flushing import Flushing
from trailkeeper.producer.spool.relay import AGAIN_SECONDS, LOOK_SECONDS, Relay


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Flushes:
    """Counts deliveries; each does as the next of *results* says."""

    def __init__(self, *results: int | Exception) -> None:
        self.results = list(results)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        result = self.results.pop(0) if self.results else 0
        if isinstance(result, Exception):
            raise result
        return result


def settled() -> bool:
    return not any(thread.name == "trailkeeper-spool" for thread in threading.enumerate())


def a_relay(flush: Callable[[], int], clock: Clock, *, holds: bool = True) -> Relay:
    return Relay(flush, lambda: holds, clock)


def answered(relay: Relay) -> None:
    relay.redis_answered()
    until(settled)


def test_a_process_looks_at_its_first_chance_and_now_and_then() -> None:
    relay = a_relay(flushes := Flushes(), clock := Clock())
    counts = []
    for later in (0, 1, LOOK_SECONDS - 2, 2, 1):
        clock.now += later
        answered(relay)
        counts.append(flushes.count)
    assert counts == [1, 1, 1, 2, 2]


def test_after_something_was_spooled_the_next_chance_is_taken() -> None:
    relay = a_relay(flushes := Flushes(), Clock())
    answered(relay)
    assert relay.spooled()
    assert not relay.spooled()
    answered(relay)
    answered(relay)
    assert flushes.count == 2


def test_where_there_is_no_file_no_thread_is_started() -> None:
    relay = a_relay(flushes := Flushes(), Clock(), holds=False)
    answered(relay)
    assert flushes.count == 0


def test_a_delivery_that_failed_is_tried_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    relay = a_relay(flushes := Flushes(StreamUnavailable("Redis at nowhere answered: OOM")), clock := Clock())
    answered(relay)
    assert caplog.messages == ["spool_waits: Redis at nowhere answered: OOM"]
    clock.now += AGAIN_SECONDS
    answered(relay)
    assert flushes.count == 2


def test_who_finds_another_at_it_says_nothing_and_looks_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    relay = a_relay(flushes := Flushes(Flushing("another")), clock := Clock())
    for later in (0, AGAIN_SECONDS - 1, 1):
        clock.now += later
        answered(relay)
    assert (flushes.count, caplog.messages) == (2, [])


def test_what_was_delivered_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "trailkeeper")
    answered(a_relay(Flushes(3), Clock()))
    assert caplog.messages == ["spool_delivered: 3 events"]


def test_without_threads_it_waits_for_the_next_chance(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    a_relay(flushes := Flushes(), Clock()).redis_answered()
    assert flushes.count == 0
    assert caplog.messages == ["spool_waits: no thread could be started: can't start new thread"]
