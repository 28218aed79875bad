"""What becomes of an event when Redis does not take it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

import pytest

from tests.support.emitting import BEST_EFFORT, REQUIRED, SPOOLED, Broken, Counter, an_emitter
from trailkeeper import EventNotRecorded
from trailkeeper.producer.errors import StreamTimeout
from trailkeeper.producer.wire import decode

HOSTILE = 'x"\r\nERROR event_not_in_redis {"forged":1}\u2028\x85\x7fé'


@pytest.fixture(autouse=True)
def _errors_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "trailkeeper")


def line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The last line of the log as an object."""
    found: dict[str, Any] = json.loads(caplog.messages[-1].removeprefix("event_not_in_redis "))
    return found


def test_the_event_is_whole_in_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken(), metrics=(counter := Counter()))
    receipt = emitter.emit(SPOOLED, user=("7", "älice"), additional={"version": "1"})
    found = line(caplog)
    event, unknown = decode(json.dumps(found["event"]).encode())
    assert (receipt.outcome, event.id, unknown) == ("logged", receipt, None)
    assert (event.user and event.user.name, event.additional) == ("älice", {"version": "1"})
    assert found["reason"] == "Redis at nowhere did not answer in time"
    assert (caplog.records[-1].name, caplog.records[-1].levelname) == ("trailkeeper", "ERROR")
    assert counter.outcomes == ["logged"]


def test_a_line_of_the_log_cannot_be_ended_or_forged_from_within(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken())
    emitter.emit(SPOOLED, user=("7", HOSTILE), additional={"version": HOSTILE + "%s"})
    assert caplog.messages[-1].isascii()
    assert caplog.messages[-1].isprintable()
    assert line(caplog)["event"]["user"]["name"] == HOSTILE


def test_a_required_event_raises_and_leaves_no_line_as_if_it_had_happened(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emitter, _ = an_emitter(Broken(), metrics=(counter := Counter()))
    with pytest.raises(
        EventNotRecorded, match=r"^admin:user:view \S+ was not recorded: Redis at nowhere did"
    ):
        emitter.emit(REQUIRED)
    with pytest.raises(EventNotRecorded, match="not tried again yet"):
        asyncio.run(emitter.aemit(REQUIRED))
    assert caplog.messages == []
    assert counter.outcomes == ["refused", "refused"]


def test_a_best_effort_event_is_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken(), metrics=(counter := Counter()))
    assert emitter.emit(BEST_EFFORT).outcome == "dropped"
    assert caplog.messages == []
    assert counter.counted == [("trailkeeper.events", ["tag:page:view", "outcome:dropped"])]


def test_after_a_failure_redis_is_not_asked_again_for_a_while() -> None:
    emitter, _ = an_emitter(broken := Broken())
    for _ in range(5):
        emitter.emit(SPOOLED)
    asyncio.run(emitter.aemit(SPOOLED))
    assert broken.tries == 1


def test_once_redis_is_back_the_stream_is_used_again() -> None:
    emitter, recorder = an_emitter(breaker_seconds=0.000_001)
    with recorder.down():
        assert emitter.emit(SPOOLED).outcome == "logged"
    assert emitter.emit(SPOOLED).outcome == "stream"


def test_falling_back_takes_no_time_to_speak_of(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken())
    caplog.set_level(logging.CRITICAL, "trailkeeper")
    took = []
    for _ in range(200):
        began = time.perf_counter()
        emitter.emit(SPOOLED)
        took.append(time.perf_counter() - began)
    assert sorted(took)[100] < 0.02


def test_metrics_that_raise_break_nothing_and_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def increment(self, name: str, tags: list[str]) -> None:
            raise OSError("statsd is gone")

    emitter, recorder = an_emitter(metrics=Failing())
    for _ in range(3):
        assert emitter.emit(SPOOLED).outcome == "stream"
    assert len(recorder.events) == 3
    assert [message.partition(":")[0] for message in caplog.messages] == ["metrics_failed"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(1)])
def test_an_event_interrupted_on_its_way_is_in_the_log(
    interruption: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    emitter, _ = an_emitter(Broken(interruption))
    with pytest.raises(type(interruption)):
        emitter.emit(SPOOLED, user="7")
    assert line(caplog)["event"]["user"]["id"] == "7"


def test_a_coroutine_cancelled_on_its_way_leaves_its_event_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Slow(Broken):
        async def asend(
            self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
        ) -> None:
            await asyncio.sleep(60)

    async def cancel() -> None:
        emitter, _ = an_emitter(Slow())
        task = asyncio.ensure_future(emitter.aemit(SPOOLED, user="7"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert line(caplog)["event"]["user"]["id"] == "7"


def test_a_single_time_out_does_not_keep_a_process_off_a_healthy_redis() -> None:
    emitter, _ = an_emitter(slow := Broken(StreamTimeout("Redis at nowhere did not answer in time")))
    emitter.emit(SPOOLED)
    asyncio.run(emitter.aemit(SPOOLED))
    assert slow.tries == 2
    emitter.emit(SPOOLED)
    assert slow.tries == 2
