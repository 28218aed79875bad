"""What becomes of an event that Redis does not take and the spool may."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.emitting import (
    BEST_EFFORT,
    REQUIRED,
    SPOOLED,
    Broken,
    Counter,
    a_spooling_emitter,
)
from tests.support.waiting import until
from trailkeeper import EventNotRecorded
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.spool.memory import MemorySpool
from trailkeeper.producer.wire import decode


class Slow(MemorySpool):
    """Takes a while for each message, and may refuse it then."""

    def __init__(self, seconds: float, *, refuses: bool = False) -> None:
        super().__init__(lambda _: None)
        self._seconds = seconds
        self._refuses = refuses

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        time.sleep(self._seconds)  # what is tested is that nobody else waits for it
        if self._refuses:
            raise SpoolUnavailable("the spool is busy")
        super().put(fields, tag, deadline)


@pytest.fixture(params=["emit", "aemit"])
def emit(request: pytest.FixtureRequest) -> Any:
    """Either way to emit, called alike."""
    if request.param == "emit":
        return lambda emitter, *given, **named: emitter.emit(*given, **named)
    return lambda emitter, *given, **named: asyncio.run(emitter.aemit(*given, **named))


@pytest.mark.parametrize("tag", [SPOOLED, REQUIRED])
def test_what_the_spool_took_is_recorded(emit: Any, tag: str) -> None:
    emitter, recorder = a_spooling_emitter(metrics=(counter := Counter()))
    with recorder.down(spool=True):
        receipt = emit(emitter, tag, user="7")
        assert (receipt.outcome, recorder.events) == ("spooled", [])
        assert [event.id for event in recorder.spooled] == [receipt]
    assert counter.counted == [("trailkeeper.events", [f"tag:{tag}", "outcome:spooled"])]


def test_what_was_spooled_follows_once_redis_takes_events_again(emit: Any) -> None:
    emitter, recorder = a_spooling_emitter(breaker_seconds=0.000_001)
    with recorder.down(spool=True):
        first = emit(emitter, SPOOLED)
    second = emit(emitter, SPOOLED)
    assert sorted(event.id for event in recorder.events) == sorted([first, second])
    assert recorder.spooled == []


def test_a_best_effort_event_is_never_spooled(emit: Any) -> None:
    emitter, recorder = a_spooling_emitter()
    with recorder.down(spool=True):
        assert emit(emitter, BEST_EFFORT).outcome == "dropped"
    assert recorder.spooled == []


def test_a_required_event_raises_only_where_neither_took_it(emit: Any) -> None:
    emitter, recorder = a_spooling_emitter(metrics=(counter := Counter()))
    both = "was not recorded: the recorder simulates an outage; the spool did not take it: the spool pretends"
    with recorder.down(), pytest.raises(EventNotRecorded, match=both):
        emit(emitter, REQUIRED)
    assert counter.outcomes == ["refused"]


def test_what_neither_took_is_whole_in_the_log(emit: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "trailkeeper")
    emitter, recorder = a_spooling_emitter()
    with recorder.down():
        receipt = emit(emitter, SPOOLED)
    found = json.loads(caplog.messages[-1].removeprefix("event_not_in_redis "))
    assert (receipt.outcome, found["event"]["id"]) == ("logged", str(receipt))
    assert found["reason"].endswith("the spool did not take it: the spool pretends to be full")


def test_what_is_quarantined_is_spooled_with_its_problem(emit: Any) -> None:
    emitter, recorder = a_spooling_emitter(on_invalid="quarantine", breaker_seconds=0.000_001)
    with recorder.down(spool=True):
        assert emit(emitter, "no:such:tag").outcome == "spooled"
    emit(emitter, SPOOLED)
    assert [kept.problem for kept in recorder.invalid] == [
        "tag: no event type is called 'no:such:tag'; expected a tag of the catalogue"
    ]


def test_a_slow_redis_leaves_some_of_the_budget_to_the_spool() -> None:
    deadlines = []

    class Hung(Broken):
        def send(self, *given: Any) -> None:
            deadlines.append(given[2])
            super().send(*given)

    class Noting(MemorySpool):
        def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
            deadlines.append(deadline)
            super().put(fields, tag, deadline)

    emitter, _ = a_spooling_emitter(Hung(), Noting(lambda _: None), emit_budget_ms=1000)
    emitter.emit(SPOOLED)
    assert deadlines[1] - deadlines[0] == pytest.approx(0.2)


def test_a_loop_goes_on_while_the_spool_writes() -> None:
    emitter, _ = a_spooling_emitter(Broken(), Slow(1.0))

    async def emit_beside_ticks() -> list[float]:
        emitting = asyncio.create_task(emitter.aemit(SPOOLED))
        ticks = [time.monotonic()]
        while not emitting.done():
            await asyncio.sleep(0.005)
            ticks.append(time.monotonic())
        assert (await emitting).outcome == "spooled"
        return ticks

    ticks = asyncio.run(emit_beside_ticks())
    assert len(ticks) > 5
    assert max(after - before for before, after in pairwise(ticks)) < 0.9


@pytest.mark.parametrize("refuses", [False, True])
def test_a_coroutine_cancelled_while_the_spool_writes_loses_no_event(
    refuses: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "trailkeeper")
    spool = Slow(0.1, refuses=refuses)
    emitter, _ = a_spooling_emitter(Broken(), spool)

    async def cancel() -> None:
        task = asyncio.create_task(emitter.aemit(SPOOLED, user="7"))
        await asyncio.sleep(0.03)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    until(lambda: spool.entries or caplog.messages)
    assert (len(spool.entries), len(caplog.messages)) == ((0, 1) if refuses else (1, 0))


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(1)])
def test_an_event_interrupted_on_its_way_is_in_the_spool(interruption: BaseException) -> None:
    emitter, recorder = a_spooling_emitter(Broken(interruption), metrics=(counter := Counter()))
    with pytest.raises(type(interruption)):
        emitter.emit(SPOOLED, user="7")
    assert [event.user and event.user.id for event in recorder.spooled] == ["7"]
    assert counter.outcomes == ["spooled"]


def test_many_loops_and_threads_may_spool_at_once() -> None:
    spool = Slow(0.001)
    emitter, _ = a_spooling_emitter(Broken(), spool)

    async def emit_some() -> None:
        await asyncio.gather(*(emitter.aemit(SPOOLED) for _ in range(20)))

    threads = [threading.Thread(target=lambda: asyncio.run(emit_some())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({decode(fields[b"e"])[0].id for fields in spool.entries}) == 80


def test_where_no_thread_can_be_started_a_coroutine_spools_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    spool = MemorySpool(lambda _: None)
    emitter, _ = a_spooling_emitter(Broken(), spool)

    async def emit_without_threads() -> None:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert (await emitter.aemit(SPOOLED)).outcome == "spooled"
        spool.is_full = True
        with pytest.raises(EventNotRecorded):
            await emitter.aemit(REQUIRED)

    asyncio.run(emit_without_threads())
    assert len(spool.entries) == 1


AT_THE_END = """
import asyncio, atexit, threading
from trailkeeper import aemit, configure, emit

configure(redis_url="redis://127.0.0.1:1/0", spool={spool!r})

def emit_both(where):
    print(where, emit("account:login:success").outcome, asyncio.run(aemit("account:login:success")).outcome)

def outlive():
    threading.main_thread().join()
    emit_both("thread")

asyncio.run(aemit("account:login:success"))
atexit.register(emit_both, "atexit")
threading.Thread(target=outlive).start()
"""


def test_what_is_emitted_while_the_interpreter_ends_is_spooled(tmp_path: Path) -> None:
    program = AT_THE_END.format(spool=str(tmp_path / "spool.sqlite"))
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert sorted(ran.stdout.splitlines()) == ["atexit spooled spooled", "thread spooled spooled"], ran.stderr
