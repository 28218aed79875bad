"""Whatever stops a caller while its events are on their way, each is in Redis, the spool or the log."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from tests.support.emitting import (
    BEST_EFFORT,
    REQUIRED,
    SPOOLED,
    Broken,
    Counter,
    a_spooling_emitter,
    an_emitter,
)
from tests.support.interrupting import Interrupter
from tests.support.spooling import Stream, a_spool, held
from tests.support.waiting import until
from trailkeeper import Emitter, Receipt, batch
from trailkeeper.producer.event import Event
from trailkeeper.producer.message import Message
from trailkeeper.producer.spool.appending import MIN_WAIT
from trailkeeper.producer.spool.memory import MemorySpool
from trailkeeper.producer.testing import Recorder
from trailkeeper.producer.wire import decode

SENDING = (
    "producer/sending.py",
    "producer/delivery.py",
    "producer/emitter.py",
    "producer/stamper.py",
    "producer/batch.py",
)
BESIDE = ("Emitter.deliver", "Emitter._deliver")
"""There a single event is not yet, or no longer, on its way."""
VOIDS = [1001, 1002]

Prepared = Sequence[tuple[Emitter, Message]]


class Stopping(MemorySpool):
    """Is interrupted while it keeps the message of this number, and perhaps whenever it is called again."""

    def __init__(self, number: int, error: BaseException, *, again: bool = False) -> None:
        super().__init__(lambda _: None)
        self._left = number
        self._error = error
        self._again = again

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        self._left -= 1
        if self._left == 0 or (self._again and self._left < 0):
            raise self._error
        super().put(fields, tag, deadline)


class Held(MemorySpool):
    """Keeps its caller until it is let go."""

    def __init__(self, flush: Any) -> None:
        super().__init__(flush)
        self.called, self.free = threading.Event(), threading.Event()

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        self.called.set()
        self.free.wait(10)
        super().put(fields, tag, deadline)


@pytest.fixture(autouse=True)
def _errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "trailkeeper")


def logged(caplog: pytest.LogCaptureFixture) -> list[Event]:
    lines = (message.partition(" ")[2] for message in caplog.messages if "event_not_in_redis" in message)
    return [decode(json.dumps(json.loads(line)["event"]).encode())[0] for line in lines]


def events_of(spool: MemorySpool) -> list[Event]:
    return [decode(fields[b"e"])[0] for fields in spool.entries]


def in_a_block(emitters: Sequence[Emitter], tag: str = SPOOLED, each: int = 3) -> list[Receipt]:
    receipts: list[Receipt] = []
    with batch():
        for emitter in emitters:
            receipts.extend(emitter.emit(tag) for _ in range(each))
    return receipts


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), SoftTimeLimitExceeded()])
@pytest.mark.parametrize("again", [False, True])
def test_a_batch_interrupted_while_it_is_spooled_leaves_no_event_out(
    error: BaseException, again: bool, caplog: pytest.LogCaptureFixture
) -> None:
    spool, counter, receipts = Stopping(3, error, again=again), Counter(), list[Receipt]()
    emitter, _ = a_spooling_emitter(Broken(), spool, metrics=counter)
    with pytest.raises(type(error)), batch():
        receipts.extend(emitter.emit(SPOOLED) for _ in range(9))
    found = [*events_of(spool), *logged(caplog)]
    assert sorted(event.id for event in found) == sorted(receipts)
    assert {event.seq for event in found} == set(range(1, 10))
    assert {receipt: receipt.outcome for receipt in receipts} == {
        event.id: "spooled" if event in events_of(spool) else "logged" for event in found
    }
    assert len(counter.outcomes) == 9


def test_what_other_emitters_were_to_send_is_kept_as_well(caplog: pytest.LogCaptureFixture) -> None:
    first, _ = a_spooling_emitter(Broken(KeyboardInterrupt()))
    spool = MemorySpool(lambda _: None)
    second, _ = a_spooling_emitter(spool=spool)
    third, _ = an_emitter()
    with pytest.raises(KeyboardInterrupt):
        in_a_block([first, second, third])
    assert [event.seq for event in events_of(spool)] == [1, 2, 3]
    assert [event.seq for event in logged(caplog)] == [1, 2, 3]


def test_an_event_that_was_refused_before_is_logged_as_nobody_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusing, _ = an_emitter(Broken())
    interrupted, _ = a_spooling_emitter(Broken(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        in_a_block([refusing, interrupted], REQUIRED, 1)
    assert [event.tag for event in logged(caplog)] == [REQUIRED]


def test_a_single_event_interrupted_while_it_is_spooled_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    spool = Stopping(1, KeyboardInterrupt(), again=True)
    emitter, _ = a_spooling_emitter(Broken(), spool)
    with pytest.raises(KeyboardInterrupt):
        emitter.emit(SPOOLED)
    assert [event.seq for event in logged(caplog)] == [1]


def test_of_best_effort_a_line_of_the_log_is_left(caplog: pytest.LogCaptureFixture) -> None:
    emitter, recorder = a_spooling_emitter(Broken(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        in_a_block([emitter], BEST_EFFORT)
    assert (len(logged(caplog)), recorder.spool.entries) == (3, [])


def test_an_interruption_that_strikes_the_application_s_metrics_goes_on() -> None:
    class Interrupted:
        def increment(self, name: str, tags: list[str]) -> None:
            raise SoftTimeLimitExceeded

    emitter, _ = an_emitter(metrics=Interrupted())
    with pytest.raises(SoftTimeLimitExceeded):
        emitter.emit(SPOOLED)


def test_a_task_cancelled_while_a_thread_spools_its_batch_keeps_each_event_once() -> None:
    spool, counter = Held(lambda _: None), Counter()
    emitter, _ = a_spooling_emitter(Broken(), spool, metrics=counter)

    async def send() -> None:
        async with batch():
            for _ in range(3):
                await emitter.aemit(SPOOLED)

    async def run() -> None:
        task = asyncio.create_task(send())
        await asyncio.to_thread(spool.called.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        spool.free.set()

    asyncio.run(run())
    until(lambda: len(counter.outcomes) == 3, 10, "the thread is done")
    assert [event.seq for event in events_of(spool)] == [1, 2, 3]
    assert counter.outcomes == ["spooled"] * 3


def test_a_batch_that_is_stopped_is_spooled_and_waits_once_for_a_busy_spool(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = a_spool(tmp_path, Stream())
    emitter, _ = a_spooling_emitter(Broken(KeyboardInterrupt()), spool)
    with pytest.raises(KeyboardInterrupt):
        in_a_block([emitter], each=90)
    assert len(held(spool.queue)) == 90
    began = time.monotonic()
    with spool.queue.file.lock, pytest.raises(KeyboardInterrupt):
        in_a_block([emitter], each=90)
    assert time.monotonic() - began < 5 * MIN_WAIT
    assert len(logged(caplog)) == 90


def strikes(call: Callable[[Interrupter], None], beside: Sequence[str] = ()) -> Iterator[int]:
    """Call with an interrupter at the first place, the second …, until one comes too late to strike."""
    number, struck = 0, True
    while struck:
        number += 1
        interrupter = Interrupter(number, SENDING, beside)
        call(interrupter)
        struck = interrupter.struck
        yield number


def sends_in_the_middle(prepared: Prepared, receipts: list[Receipt], interrupter: Interrupter) -> None:
    with batch() as events:
        receipts.extend(starmap(events.add, prepared))
        interrupter.run(events.send)


def ends(prepared: Prepared, receipts: list[Receipt], interrupter: Interrupter) -> None:
    def block() -> None:
        with batch() as events:
            receipts.extend(starmap(events.add, prepared))

    interrupter.run(block)


@pytest.mark.parametrize("transport", [Recorder, Broken])
@pytest.mark.parametrize("send", [sends_in_the_middle, ends])
def test_no_place_at_which_a_batch_is_interrupted_loses_an_event(
    send: Callable[[Prepared, list[Receipt], Interrupter], None],
    transport: Callable[[], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def call(interrupter: Interrupter) -> None:
        caplog.clear()
        stream, delivered = transport(), list[Mapping[bytes, bytes]]()
        spool, receipts = MemorySpool(delivered.append), list[Receipt]()
        emitters = [a_spooling_emitter(stream, spool)[0] for _ in range(2)]
        send([(one, one.prepare(SPOOLED)) for one in emitters for _ in range(2)], receipts, interrupter)
        spool.redis_answered()
        found = [*getattr(stream, "events", []), *logged(caplog)]
        assert set(receipts) <= {
            *(event.id for event in found),
            *(decode(fields[b"e"])[0].id for fields in delivered),
        }

    assert len(list(strikes(call))) > 50


def test_no_place_at_which_an_event_is_interrupted_loses_it_or_its_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def call(interrupter: Interrupter) -> None:
        caplog.clear()
        spool = MemorySpool(lambda _: None)
        emitter, _ = a_spooling_emitter(Broken(), spool)
        emitter._stamper._run.unused.extend(VOIDS)
        message = emitter.prepare(SPOOLED)
        interrupter.run(lambda: emitter.deliver(message))
        found = [*events_of(spool), *logged(caplog)]
        run = emitter._stamper._run
        answered = {event.seq for event in found}.union(run.unused, *(event.voids or () for event in found))
        assert {event.id for event in found} == {message.id}
        assert answered == {*VOIDS, *range(1, next(run.numbers))}

    assert len(list(strikes(call, BESIDE))) > 20
