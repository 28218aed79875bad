"""A live tail as server-sent events, for the API and for pages.

Each message is an event as JSON. Its id is the newest event's so far (scope and id): a
browser that was disconnected sends it back and continues from there. A stream lives no
longer than the right to it: it ends when its token does and when its viewer is no longer
who they were, which is asked again every few seconds; and after 15 minutes in any case.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from starlette.responses import Response, StreamingResponse

from trailkeeper.models.errors import StoreError
from trailkeeper.models.histories import Cursor, EventKey
from trailkeeper.models.histories.event_key import AFTER_ALL, newer_than

from .access_events import record_view
from .auth import still_the_same
from .history_request import HistoryRequest
from .limits import TailReaders, limited
from .problems import Problem
from .reading import key_of
from .tail import Tail

POLL_SECONDS = 0.5
OUTAGE_POLL_SECONDS = 2.0
KEEPALIVE_SECONDS = 15.0
MAX_SECONDS = 15 * 60.0
RETRY_MS = 2_000

RECHECK_SECONDS = 5.0
"""How long a stream without events may outlive its right; before an event is sent the right is checked."""

MEDIA_TYPE = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}  # otherwise nginx buffers the messages

Messages = AsyncIterator[bytes]
_json = msgspec.json.Encoder()


def tail_response(
    ask: HistoryRequest,
    since: Cursor | None,
    parameter: str,
    render: Callable[[Messages], Messages] | None = None,
) -> Response:
    """The stream of one request, within the limit of its viewer.

    Args:
        ask: which history, for whom.
        since: the newest event that the client has.
        parameter: what *since* is called in the request, for the message about a wrong one.
        render: turns the messages into what is sent; without it they are sent as they are.

    Raises:
        NotFound: the history does not exist, or is not the viewer's to see.
        Problem: *since* is no event's id, or there are too many tails.
        StoreError: the database does not answer.
    """

    def respond() -> StreamingResponse:
        record_view(ask.viewer, ask.question, request=ask.request)
        tail = _tail(ask, since, parameter)
        ask.refuse_unknown()
        still = partial(still_the_same, ask.request, ask.viewer)
        sent = messages(tail, ask.state.tail_readers, since, still=still)
        return StreamingResponse(render(sent) if render else sent, media_type=MEDIA_TYPE, headers=HEADERS)

    return limited(ask.state.tails, ask.limit_key, respond)


def _tail(ask: HistoryRequest, since: Cursor | None, parameter: str) -> Tail:
    try:
        return Tail(ask.state.reader, ask.viewer, ask.question, since)
    except ValueError as error:
        raise Problem(422, f"{parameter}: {error}") from error


async def messages(
    tail: Tail,
    readers: TailReaders,
    since: Cursor | None,
    seconds: float | None = None,
    *,
    still: Callable[[], Awaitable[bool]] | None = None,
) -> Messages:
    """What is sent, until the stream has reached its age or the client disconnects.

    Args:
        tail: where events come from.
        readers: the threads that poll it.
        since: the newest event that the client has.
        seconds: the age at which the stream ends.
        still: whether its viewer may go on reading; asked before anything is sent, every few seconds.
    """
    began = time.monotonic()
    end = began + (MAX_SECONDS if seconds is None else seconds)
    newest, last_sent, check_at = newer_than(since), began, began + RECHECK_SECONDS
    yield b"retry: %d\n\n" % RETRY_MS
    while time.monotonic() < end:
        pause, events = POLL_SECONDS, []
        try:
            events = await readers.poll(tail)
        except StoreError:
            pause = OUTAGE_POLL_SECONDS  # nothing is lost: the next poll returns it
        if still is not None and (events or time.monotonic() >= check_at):
            if not await still():
                return
            check_at = time.monotonic() + RECHECK_SECONDS
        for event in events:
            newest = max(newest or key_of(event), key_of(event))
            yield _message(event, newest)
        now = time.monotonic()
        if events:
            last_sent = now
        elif now - last_sent > KEEPALIVE_SECONDS:
            last_sent = now
            yield b": nothing new\n\n"
        await anyio.sleep(pause)


def _message(event: dict[str, Any], newest: EventKey) -> bytes:
    return b"id: %b\nevent: event\ndata: %b\n\n" % (_text(newest).encode(), _json.encode(event))


def _text(key: EventKey) -> str:
    """A key as the client sends it back; of a place that is no event, its id."""
    return str(key.id) if key.scope == AFTER_ALL else str(key)
