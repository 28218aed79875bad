"""Each process numbers its events without a hole, and says which numbers no event has."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from tests.support.drains import an_event
from tests.support.emitting import BEST_EFFORT, REQUIRED, SPOOLED, Broken, an_emitter
from trailkeeper import EventNotRecorded
from trailkeeper.producer.errors import StreamTimeout, StreamUnavailable
from trailkeeper.producer.event import MAX_BYTES, MAX_PRODUCER, MAX_SEQUENCE, MAX_VOIDS, Event
from trailkeeper.producer.stamper import Stamper
from trailkeeper.producer.wire import decode, encode

EVENT = encode(an_event())


def numbered(stamper: Stamper) -> Event:
    return decode(stamper.number(EVENT)[0])[0]


def test_numbers_begin_at_one_and_leave_none_out() -> None:
    stamper = Stamper("shop")
    events = [numbered(stamper) for _ in range(5)]

    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert {event.producer for event in events} == {stamper.producer}
    assert stamper.producer.startswith(f"shop:{os.getpid()}:")


@pytest.mark.parametrize("name", ["a" * 100, 'q"uote\\', "wörld host", ""])
def test_any_name_becomes_one_that_the_wire_takes(name: str) -> None:
    stamper = Stamper(name)
    assert len(stamper.producer) <= MAX_PRODUCER
    assert numbered(stamper).producer == stamper.producer


def test_threads_get_each_number_once() -> None:
    stamper = Stamper()
    with ThreadPoolExecutor(8) as pool:
        events = list(pool.map(lambda _: stamper.number(EVENT)[1][0], range(2_000)))
    assert sorted(events) == list(range(1, 2_001))


def test_two_processes_and_two_streams_never_have_the_same_name() -> None:
    assert len({Stamper("shop").producer for _ in range(100)}) == 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_begins_anew_under_another_name() -> None:
    stamper = Stamper()
    stamper.number(EVENT)
    child = in_a_child(lambda: [numbered(stamper).producer, numbered(stamper).seq])

    assert child[0] != stamper.producer
    assert child[1] == 2  # the second of the child, which began at 1
    assert numbered(stamper).seq == 2


def test_after_the_last_number_another_name_begins() -> None:
    stamper = Stamper()
    before = stamper.producer
    stamper._run.numbers = count(MAX_SEQUENCE)

    last, first = numbered(stamper), numbered(stamper)

    assert (last.producer, last.seq) == (before, MAX_SEQUENCE)
    assert (first.producer != before, first.seq) == (True, 1)


def test_an_event_that_has_no_room_for_a_number_goes_without() -> None:
    big = b"x" * (MAX_BYTES - 100)
    assert Stamper().number(big) == (big, ())


def test_voids_are_reported_once_and_a_bounded_number_at_a_time() -> None:
    stamper = Stamper()
    stamper._run.unused.extend(range(1, MAX_VOIDS + 3))
    reported = [decode(stamper.number(EVENT)[0])[0].voids for _ in range(3)]

    assert [len(found or []) for found in reported] == [MAX_VOIDS, 2, 0]


def test_a_refused_event_leaves_its_number_and_its_voids_to_the_next() -> None:
    transport = Flaky()
    emitter, _ = an_emitter(transport, breaker_seconds=1e-9)
    for _ in range(2):
        transport.is_down = True
        with pytest.raises(EventNotRecorded):
            emitter.emit(REQUIRED)
    transport.is_down = False
    emitter.emit(SPOOLED, user="7")

    assert [(event.seq, sorted(event.voids or [])) for event in transport.events] == [(3, [1, 2])]


def test_an_event_that_may_be_recorded_keeps_its_number_and_leaves_its_voids_to_the_next() -> None:
    transport = Flaky()
    emitter, _ = an_emitter(transport, breaker_seconds=1e-9)
    for error in (StreamUnavailable("down"), StreamTimeout("no answer"), RuntimeError("who knows")):
        transport.error, transport.is_down = error, True
        said = "was not recorded" if transport.tries == 0 else "may have been recorded"
        with pytest.raises(EventNotRecorded, match=said):
            emitter.emit(REQUIRED)
        transport.tries += 1
    transport.is_down = False
    emitter.emit(SPOOLED, user="7")

    assert [(event.seq, event.voids) for event in transport.events] == [(4, [1])]


def test_what_may_be_dropped_is_not_numbered() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(BEST_EFFORT)
    emitter.emit(SPOOLED, user="7")

    assert [event.seq or None for event in recorder.events] == [None, 1]


def test_what_is_only_in_the_log_has_its_number_there(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken())
    emitter.emit(SPOOLED, user="7")

    line = json.loads(caplog.records[-1].getMessage().partition(" ")[2])
    assert line["event"]["seq"] == 1


def test_what_is_quarantined_has_a_number_too() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.emit("no:such:tag")
    assert json.loads(recorder.invalid[0].payload)["seq"] == 1


def test_a_wrong_call_takes_no_number() -> None:
    emitter, recorder = an_emitter()
    with pytest.raises(ValueError, match="tag"):
        emitter.emit("no:such:tag")
    emitter.emit(SPOOLED, user="7")
    assert recorder.events[0].seq == 1


def test_an_event_made_elsewhere_keeps_its_number() -> None:
    emitter, recorder = an_emitter()
    emitter.send(an_event(tag=SPOOLED, producer="elsewhere:1", seq=7))
    emitter.send(an_event(tag=SPOOLED))

    [first, second] = recorder.events
    assert (first.producer, first.seq) == ("elsewhere:1", 7)
    assert (second.producer != "elsewhere:1", second.seq) == (True, 1)


def test_an_event_made_elsewhere_that_is_wrong_is_quarantined_with_one_number() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.send(an_event(tag="no:such:tag"))
    emitter.send(an_event(tag="no:such:tag", producer="elsewhere:1", seq=7))

    first, second = (kept.payload for kept in recorder.invalid)
    assert (json.loads(first)["seq"], first.count(b'"producer"')) == (1, 1)
    assert (json.loads(second)["producer"], second.count(b'"seq"')) == ("elsewhere:1", 1)


class Flaky(Broken):
    """Down or up, as one likes."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.events: list[Event] = []

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        if self.is_down:
            raise self.error
        self.events.append(decode(payload)[0])


def in_a_child(work: Callable[[], Any]) -> Any:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    return answer
