"""`batch`: several events in one round trip, each with what would have become of it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from tests.support.emitting import (
    BEST_EFFORT,
    REQUIRED,
    SPOOLED,
    Broken,
    Counter,
    a_spooling_emitter,
    an_emitter,
)
from trailkeeper import Emitter, EventNotRecorded, Receipt, batch
from trailkeeper.producer.batch import MOST_MESSAGES
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.middleware.asgi import ASGIMiddleware
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.testing import Recorder

Emit = Callable[[Emitter, Sequence[str]], list[Receipt]]


def in_a_block(emitter: Emitter, tags: Sequence[str]) -> list[Receipt]:
    receipts: list[Receipt] = []
    with batch():
        for tag in tags:
            receipts.append(emitter.emit(tag))
            assert receipts[-1].outcome == "batched"
    return receipts


def in_an_asynchronous_block(emitter: Emitter, tags: Sequence[str]) -> list[Receipt]:
    receipts: list[Receipt] = []

    async def run() -> None:
        async with batch():
            for tag in tags:
                receipts.append(await emitter.aemit(tag))
                assert receipts[-1].outcome == "batched"

    asyncio.run(run())
    return receipts


def failing_after(emitter: Emitter, tag: str, error: Exception) -> None:
    with batch():
        emitter.emit(tag)
        raise error


class Trips(Recorder):
    """Notes how many messages came together, and takes only so many of them."""

    def __init__(self, takes: int | None = None) -> None:
        super().__init__()
        self.trips: list[int] = []
        self.takes = takes

    def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        self.trips.append(len(entries))
        return super().send_all(entries[: self.takes], deadline)

    async def asend_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        return self.send_all(entries, deadline)


@pytest.fixture(params=[in_a_block, in_an_asynchronous_block], ids=["with", "async with"])
def emit(request: pytest.FixtureRequest) -> Emit:
    found: Emit = request.param
    return found


def ids(recorder: Recorder) -> list[UUID]:
    return [event.id for event in recorder.events]


def test_what_is_emitted_within_is_sent_together_at_the_end(emit: Emit) -> None:
    emitter, _ = an_emitter(trips := Trips())
    receipts = emit(emitter, [SPOOLED, REQUIRED, BEST_EFFORT])
    assert trips.trips == [3]
    assert ids(trips) == receipts
    assert [receipt.outcome for receipt in receipts] == ["stream"] * 3
    assert [event.seq or None for event in trips.events] == [1, 2, None]


def test_nothing_is_sent_where_nothing_was_emitted(emit: Emit) -> None:
    emitter, _ = an_emitter(trips := Trips())
    assert emit(emitter, []) == []
    assert trips.trips == []


def test_many_are_sent_in_parts() -> None:
    emitter, _ = an_emitter(trips := Trips())
    with batch():
        receipts = [emitter.emit(SPOOLED) for _ in range(MOST_MESSAGES + 1)]
    assert trips.trips == [MOST_MESSAGES, 1]
    assert ids(trips) == receipts


def test_what_redis_does_not_take_is_spooled(emit: Emit) -> None:
    emitter, recorder = a_spooling_emitter(trips := Trips(takes=1))
    receipts = emit(emitter, [SPOOLED] * 3)
    assert [receipt.outcome for receipt in receipts] == ["stream", "spooled", "spooled"]
    assert ids(trips) == receipts[:1]
    assert len(recorder.spool.entries) == 2


def test_in_an_outage_each_gets_what_its_delivery_promises(
    emit: Emit, caplog: pytest.LogCaptureFixture
) -> None:
    counter = Counter()
    emitter, _ = an_emitter(Broken(), counter)
    receipts: list[Receipt] = []
    with pytest.raises(EventNotRecorded, match=f"{REQUIRED} .* was not recorded"):
        receipts += emit(emitter, [SPOOLED, REQUIRED, BEST_EFFORT])
    assert counter.outcomes == ["logged", "refused", "dropped"]
    assert "page:view" not in caplog.text


def test_every_refused_event_is_named(emit: Emit) -> None:
    emitter, _ = an_emitter(Broken())
    with pytest.raises(EventNotRecorded) as caught:
        emit(emitter, [REQUIRED, REQUIRED])
    assert str(caught.value).count("was not recorded") == 2


def test_a_block_that_raises_sends_its_events_and_raises_its_own_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emitter, recorder = an_emitter()
    with pytest.raises(KeyError):
        failing_after(emitter, SPOOLED, KeyError())
    assert len(recorder.events) == 1
    broken, _ = an_emitter(Broken())
    with pytest.raises(KeyError):
        failing_after(broken, REQUIRED, KeyError())
    assert REQUIRED in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_an_interrupted_sending_held_is_spooled(error: type[BaseException]) -> None:
    emitter, recorder = a_spooling_emitter(Broken(error()))
    with pytest.raises(error):
        in_a_block(emitter, [SPOOLED, SPOOLED])
    assert len(recorder.spool.entries) == 2


def test_a_block_within_another_is_sent_at_its_own_end() -> None:
    emitter, _ = an_emitter(trips := Trips())
    with batch():
        emitter.emit(SPOOLED)
        with batch():
            emitter.emit(SPOOLED)
        assert trips.trips == [1]
        emitter.emit(SPOOLED)
    assert trips.trips == [1, 2]


def test_what_a_task_emits_after_the_end_is_sent_at_once() -> None:
    emitter, recorder = an_emitter()

    async def later(ended: asyncio.Event) -> Receipt:
        await ended.wait()
        return await emitter.aemit(SPOOLED)

    async def run() -> Receipt:
        ended = asyncio.Event()
        async with batch():
            task = asyncio.create_task(later(ended))
        ended.set()
        return await task

    assert asyncio.run(run()).outcome == "stream"
    assert len(recorder.events) == 1


def test_the_middleware_sends_a_request_s_events_before_the_response_begins() -> None:
    emitter, _ = an_emitter(trips := Trips())
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await emitter.aemit(SPOOLED)
        await emitter.aemit(SPOOLED)
        await send({"type": "http.response.start", "status": 200})
        late = await emitter.aemit(SPOOLED)
        seen.append(late.outcome)

    async def send(message: Any) -> None:
        seen.append(list(trips.trips))

    async def serve() -> None:
        await ASGIMiddleware(app, batch=True)({"type": "http", "headers": []}, lambda: None, send)  # type: ignore[arg-type, return-value]

    asyncio.run(serve())
    assert seen == [[2], "stream"]


def test_a_request_whose_required_event_was_refused_gets_no_response() -> None:
    emitter, _ = an_emitter(Broken())

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        emitter.emit(REQUIRED)
        return [b"secret"]

    with pytest.raises(EventNotRecorded):
        WSGIMiddleware(app, batch=True)({}, lambda *_: None)


def test_a_stream_that_is_away_is_asked_once_for_all() -> None:
    broken = Broken(StreamUnavailable("gone"))
    emitter, _ = a_spooling_emitter(broken)
    in_a_block(emitter, [SPOOLED] * 3)
    assert broken.tries == 1
