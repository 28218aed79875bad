"""When a process delivers what the spool holds: seldom enough to cost nothing, soon enough to be of use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from tests.support.waiting import until
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.spool.flush_scheduler import IDLE_SECONDS, RETRY_SECONDS, FlushScheduler
from trailkeeper.producer.spool.flushing import FlushInProgress


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


def a_scheduler(flush: Callable[[], int], clock: Clock, *, holds: bool = True) -> FlushScheduler:
    return FlushScheduler(flush, lambda: holds, clock)


def answered(scheduler: FlushScheduler) -> None:
    scheduler.redis_answered()
    until(settled)


def test_a_process_looks_at_its_first_chance_and_now_and_then() -> None:
    scheduler = a_scheduler(flushes := Flushes(), clock := Clock())
    counts = []
    for later in (0, 1, IDLE_SECONDS - 2, 2, 1):
        clock.now += later
        answered(scheduler)
        counts.append(flushes.count)
    assert counts == [1, 1, 1, 2, 2]


def test_after_something_was_spooled_the_next_chance_is_taken() -> None:
    scheduler = a_scheduler(flushes := Flushes(), Clock())
    answered(scheduler)
    assert scheduler.spooled()
    assert not scheduler.spooled()
    answered(scheduler)
    answered(scheduler)
    assert flushes.count == 2


def test_where_there_is_no_file_no_thread_is_started() -> None:
    scheduler = a_scheduler(flushes := Flushes(), Clock(), holds=False)
    answered(scheduler)
    assert flushes.count == 0


def test_a_delivery_that_failed_is_tried_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = a_scheduler(
        flushes := Flushes(StreamUnavailable("Redis at nowhere answered: OOM")), clock := Clock()
    )
    answered(scheduler)
    assert caplog.messages == ["spool_waits: Redis at nowhere answered: OOM"]
    clock.now += RETRY_SECONDS
    answered(scheduler)
    assert flushes.count == 2


def test_what_nothing_foresees_is_logged_and_tried_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = a_scheduler(flushes := Flushes(OSError(24, "Too many open files")), clock := Clock())
    answered(scheduler)
    assert "Too many open files" in caplog.text
    clock.now += RETRY_SECONDS
    answered(scheduler)
    assert flushes.count == 2


def test_who_finds_another_at_it_says_nothing_and_looks_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = a_scheduler(flushes := Flushes(FlushInProgress("another")), clock := Clock())
    for later in (0, RETRY_SECONDS - 1, 1):
        clock.now += later
        answered(scheduler)
    assert (flushes.count, caplog.messages) == (2, [])


def test_what_was_delivered_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "trailkeeper")
    answered(a_scheduler(Flushes(3), Clock()))
    assert caplog.messages == ["spool_delivered: 3 events"]


def test_without_threads_it_waits_for_the_next_chance(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    a_scheduler(flushes := Flushes(), Clock()).redis_answered()
    assert flushes.count == 0
    assert caplog.messages == ["spool_waits: no thread could be started: can't start new thread"]
