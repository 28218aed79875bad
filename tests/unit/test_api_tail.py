"""The live tail as a browser reads it: ids to go on from, signs of life, an end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import anyio
import pytest

from tests.support.api import settings
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.histories import EventKey
from trailkeeper.models.snapshots import Snapshot
from trailkeeper.views import tail_stream
from trailkeeper.views.app_state import make_app_state
from trailkeeper.views.documents.examples import EVENT
from trailkeeper.views.limits import TailReaders
from trailkeeper.views.reading import key_of
from trailkeeper.views.tail import Tailed, TailPosition
from trailkeeper.views.tail_stream import messages

Event = dict[str, Any]
FIRST, SECOND, THIRD = (
    UUID(int=(0x01934C1F7B40 << 80) + (7 << 76) + (8 << 60) + number) for number in (1, 2, 3)
)


SEEN = Snapshot(10, 20, (14,))
POSITIONS = make_app_state(settings(), None, None).positions


class FakeTail:
    """Finds, look by look, what it was given; an exception is raised."""

    is_behind = False

    def __init__(self, *looks: list[Event] | Exception) -> None:
        self._looks = list(looks)

    def poll(self) -> list[Tailed]:
        found = self._looks.pop(0) if self._looks else []
        if isinstance(found, Exception):
            raise found
        return [Tailed(event, TailPosition(key_of(event), SEEN)) for event in found]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_stream, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(tail_stream, "OUTAGE_POLL_SECONDS", 0.0)


def event(identity: UUID) -> Event:
    return EVENT | {"id": str(identity)}


def named(identity: UUID) -> TailPosition:
    return TailPosition(EventKey(identity, EVENT["scope"]), SEEN)


def sent(found: FakeTail, number: int, seconds: float = 60.0, **how: Any) -> list[bytes]:
    """The first messages, or all until the end."""

    async def read() -> list[bytes]:
        stream: AsyncIterator[bytes] = messages(found, TailReaders(), POSITIONS.writer(), seconds, **how)  # type: ignore[arg-type]  # a fake
        read: list[bytes] = []
        async for message in stream:
            read.append(message)
            if len(read) == number:
                break
        await stream.aclose()  # type: ignore[attr-defined]  # a generator
        return read

    return anyio.run(read)


def parsed(message: bytes) -> dict[str, str]:
    lines = message.decode().removesuffix("\n\n").split("\n")
    return dict(line.split(": ", 1) for line in lines)


def place(message: bytes) -> TailPosition:
    return POSITIONS.read(parsed(message)["id"])


def test_each_event_is_a_message_that_can_be_gone_on_from() -> None:
    begin, first, second = sent(FakeTail([event(FIRST)], [], [event(SECOND)]), 3)
    assert begin == b"retry: 2000\n\n"
    assert parsed(first).keys() == {"id", "event", "data"}
    assert (place(first), parsed(first)["event"]) == (named(FIRST), "event")
    assert json.loads(parsed(first)["data"]) == event(FIRST)
    assert place(second) == named(SECOND)


def test_an_outage_is_sat_out() -> None:
    _, message = sent(FakeTail(StoreUnavailable("gone"), StoreUnavailable("gone"), [event(FIRST)]), 2)
    assert place(message) == named(FIRST)


def test_silence_is_broken_so_that_proxies_keep_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_stream, "KEEPALIVE_SECONDS", 0.0)
    assert sent(FakeTail(), 3)[1:] == [b": nothing new\n\n"] * 2


def test_a_stream_ends_so_that_roles_are_looked_at_again() -> None:
    assert sent(FakeTail(), 100, seconds=0.0) == [b"retry: 2000\n\n"]


def test_text_with_line_breaks_stays_one_message() -> None:
    hostile = event(FIRST) | {"sentence": "a\n\nid: 1\ndata: x\r\u2028"}
    _, message = sent(FakeTail([hostile]), 2)
    assert message.count(b"\n") == 4
    assert json.loads(parsed(message)["data"]) == hostile


def test_a_stream_ends_before_it_sends_what_its_viewer_may_no_longer_see() -> None:
    answers = [True, False]

    async def still() -> bool:
        return answers.pop(0)

    found = sent(FakeTail([event(FIRST)], [event(SECOND)], [event(THIRD)]), 10, still=still)
    assert [place(message) for message in found[1:]] == [named(FIRST)]


def test_a_stream_without_events_ends_when_its_right_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_stream, "RECHECK_SECONDS", 0.0)

    async def still() -> bool:
        return False

    assert sent(FakeTail(), 10, still=still) == [b"retry: 2000\n\n"]
