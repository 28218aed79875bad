"""What `producer.transports.Transport` promises, whoever keeps it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

import pytest

from tests.support.drains import STREAM, an_event, entries
from tests.support.waiting import BUSY_SECONDS, within
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.event import Event, Subject
from trailkeeper.producer.message import fields_of
from trailkeeper.producer.transports import RedisStream, Transport
from trailkeeper.producer.transports.patience import EXTRA_SECONDS
from trailkeeper.producer.wire import decode, encode

PLENTY = 5.0  # seconds
BUDGET = 0.25  # seconds

BURST = 300

QUARANTINED = (b"\x00\r\n not JSON", "tag: no event type is called 'x'")


class Place(Protocol):
    """One implementation, and what it took."""

    transport: Transport

    def events(self) -> list[Event]:
        """What it took and is an event, in order."""

    def quarantined(self) -> list[tuple[bytes, str]]:
        """What it took as invalid: payload and problem, in order."""

    def outage(self) -> AbstractContextManager[object]:
        """Take nothing within the block."""


class StreamPlace:
    """`RedisStream` to some server; what it took is in the stream there. Who derives it adds `outage`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.transport = RedisStream(url, STREAM)

    def fields(self) -> list[dict[bytes, bytes]]:
        """The entries as they are, in order."""
        return entries(self._url)

    def events(self) -> list[Event]:
        """See `Place.events`."""
        return [decode(fields[b"e"])[0] for fields in entries(self._url) if b"invalid" not in fields]

    def quarantined(self) -> list[tuple[bytes, str]]:
        """See `Place.quarantined`."""
        kept = [fields for fields in entries(self._url) if b"invalid" in fields]
        return [(fields[b"e"], json.loads(fields[b"invalid"])["problem"]) for fields in kept]


Send = Callable[..., None]
SendAll = Callable[[list[Event]], int]


def all_from_a_thread(transport: Transport) -> SendAll:
    return lambda events: transport.send_all(fields_of_all(events), time.monotonic() + PLENTY)


def all_from_a_coroutine(transport: Transport) -> SendAll:
    return lambda events: asyncio.run(transport.asend_all(fields_of_all(events), time.monotonic() + PLENTY))


def fields_of_all(events: list[Event]) -> list[dict[bytes, bytes]]:
    return [fields_of(encode(event), None, None) for event in events]


def from_a_thread(transport: Transport) -> Send:
    def send(payload: bytes, invalid: bytes | None = None, seconds: float = PLENTY) -> None:
        transport.send(payload, invalid, time.monotonic() + seconds)

    return send


def from_a_coroutine(transport: Transport) -> Send:
    def send(payload: bytes, invalid: bytes | None = None, seconds: float = PLENTY) -> None:
        asyncio.run(transport.asend(payload, invalid, time.monotonic() + seconds))

    return send


class StreamContract:
    """Beside `TransportContract`: what holds for a stream only."""

    @pytest.mark.parametrize("invalid", [None, b'{"problem":"x"}'])
    @pytest.mark.parametrize("signature", [None, b"web:0123abcd"])
    def test_a_signature_stands_beside_what_it_is_of(
        self, place: StreamPlace, invalid: bytes | None, signature: bytes | None
    ) -> None:
        payload = encode(an_event())

        async def from_a_loop() -> None:
            await place.transport.asend(payload, invalid, time.monotonic() + PLENTY, signature)

        place.transport.send(payload, invalid, time.monotonic() + PLENTY, signature)
        asyncio.run(from_a_loop())

        fields = {b"e": payload, b"invalid": invalid, b"s": signature}
        assert place.fields() == [{name: value for name, value in fields.items() if value is not None}] * 2


class TransportContract:
    """Every promise holds for `send` and `asend` alike."""

    @pytest.fixture
    def place(self) -> Any:
        raise NotImplementedError

    @pytest.fixture(params=[from_a_thread, from_a_coroutine], ids=["send", "asend"])
    def send(self, request: pytest.FixtureRequest, place: Place) -> Send:
        made: Send = request.param(place.transport)
        return made

    @pytest.fixture(params=[all_from_a_thread, all_from_a_coroutine], ids=["send_all", "asend_all"])
    def send_all(self, request: pytest.FixtureRequest, place: Place) -> SendAll:
        made: SendAll = request.param(place.transport)
        return made

    def test_many_are_taken_together_in_order(self, place: Place, send_all: SendAll) -> None:
        sent = [an_event(user=Subject(str(number), "a" * 250)) for number in range(700)]
        assert send_all(sent) == 700
        assert place.events() == sent

    def test_in_an_outage_none_of_many_is_said_to_be_taken(self, place: Place, send_all: SendAll) -> None:
        with place.outage(), pytest.raises(StreamUnavailable):
            send_all([an_event(), an_event()])
        assert place.events() == []

    def test_what_was_taken_is_there_unaltered_and_in_order(self, place: Place, send: Send) -> None:
        sent = [an_event(user=Subject(str(number), "älice\r\n")) for number in range(20)]
        for event in sent:
            send(encode(event))
        assert place.events() == sent
        assert place.quarantined() == []

    def test_what_is_no_event_is_kept_whole_with_its_problem(self, place: Place, send: Send) -> None:
        payload, problem = QUARANTINED
        before, after = an_event(), an_event()
        send(encode(before))
        send(payload, json.dumps({"problem": problem}).encode())
        send(encode(after))
        assert place.quarantined() == [QUARANTINED]
        assert place.events() == [before, after]

    def test_a_message_of_the_largest_size_arrives_whole(self, place: Place, send: Send) -> None:
        big = an_event(additional={"text": "x" * 65_000})
        send(encode(big))
        assert place.events() == [big]

    def test_threads_may_share_it(self, place: Place, send: Send) -> None:
        sent = [an_event() for _ in range(100)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda event: send(encode(event)), sent))
        assert ids(place) == sorted(event.id for event in sent)

    def test_coroutines_may_share_it(self, place: Place) -> None:
        sent = [an_event() for _ in range(100)]

        async def all_at_once() -> None:
            deadline = time.monotonic() + PLENTY
            await asyncio.gather(*(place.transport.asend(encode(event), None, deadline) for event in sent))

        asyncio.run(all_at_once())
        assert ids(place) == sorted(event.id for event in sent)

    def test_three_hundred_threads_at_once_are_all_served_although_nothing_is_open_yet(
        self, place: Place
    ) -> None:
        together = threading.Barrier(BURST)

        def send(event: Event) -> None:
            together.wait()
            place.transport.send(encode(event), None, time.monotonic() + PLENTY)

        sent = [an_event() for _ in range(BURST)]
        with ThreadPoolExecutor(BURST) as pool:
            list(pool.map(send, sent))
        assert ids(place) == sorted(event.id for event in sent)

    def test_three_hundred_coroutines_at_once_are_all_served_although_nothing_is_open_yet(
        self, place: Place
    ) -> None:
        sent = [an_event() for _ in range(BURST)]

        async def send(event: Event) -> None:
            await place.transport.asend(encode(event), None, time.monotonic() + PLENTY)

        async def all_at_once() -> None:
            await asyncio.gather(*map(send, sent))

        asyncio.run(all_at_once())
        assert ids(place) == sorted(event.id for event in sent)

    def test_in_an_outage_a_burst_of_threads_ends_soon_after_its_deadline(self, place: Place) -> None:
        def seconds(event: Event) -> float:
            began = time.monotonic()
            with pytest.raises(StreamUnavailable):
                place.transport.send(encode(event), None, began + BUDGET)
            return time.monotonic() - began

        with place.outage(), ThreadPoolExecutor(100) as pool:
            took = list(pool.map(seconds, [an_event() for _ in range(100)]))
        assert max(took) < BUDGET + EXTRA_SECONDS + BUSY_SECONDS

    def test_who_stops_waiting_disturbs_nobody(self, place: Place) -> None:
        sent = [an_event() for _ in range(100)]

        async def cancel_each_second() -> None:
            deadline = time.monotonic() + PLENTY
            tasks = [
                asyncio.ensure_future(place.transport.asend(encode(event), None, deadline)) for event in sent
            ]
            await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            assert await asyncio.gather(*tasks[1::2]) == [None] * 50
            await asyncio.gather(*tasks, return_exceptions=True)
            last = an_event()
            sent.append(last)
            await place.transport.asend(encode(last), None, deadline)

        asyncio.run(cancel_each_second())
        kept = ids(place)
        assert {event.id for event in [*sent[1::2], sent[-1]]} <= set(kept)
        assert len(kept) == len(set(kept))

    def test_an_outage_is_told_before_the_deadline(self, place: Place, send: Send) -> None:
        send(encode(an_event()))  # a connection that is open already is no different
        with place.outage():
            for _ in range(2):
                with pytest.raises(StreamUnavailable), within(BUDGET):
                    send(encode(an_event()), seconds=BUDGET)

    def test_after_an_outage_it_takes_messages_again(self, place: Place, send: Send) -> None:
        with place.outage(), pytest.raises(StreamUnavailable):
            send(encode(an_event()), seconds=BUDGET)
        confirmed = an_event()
        send(encode(confirmed))
        # the other one may be there as well: only its confirmation was lost
        assert ids(place).count(confirmed.id) == 1

    def test_it_may_be_closed_and_used_again(self, place: Place, send: Send) -> None:
        sent = [an_event(), an_event()]
        for event in sent:
            send(encode(event))
            place.transport.close()
        assert place.events() == sent


def ids(place: Place) -> list[UUID]:
    return sorted(event.id for event in place.events())
