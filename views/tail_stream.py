"""A live tail as server-sent events, for the API and for pages.

Each message is an event as JSON. Its id is the newest event's so far: a browser that
was disconnected sends it back and continues from there. A stream ends after 15 minutes
and the client reconnects, so that a role that was taken away does not live on in a
connection.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import msgspec
from starlette.responses import Response, StreamingResponse

from trailkeeper.models.errors import StoreError

from .access_events import record_view
from .history_request import HistoryRequest
from .limits import TailReaders, limited
from .problems import Problem
from .tail import Tail

POLL_SECONDS = 0.5
OUTAGE_POLL_SECONDS = 2.0
KEEPALIVE_SECONDS = 15.0
MAX_SECONDS = 15 * 60.0
RETRY_MS = 2_000

MEDIA_TYPE = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}  # otherwise nginx buffers the messages

Messages = AsyncIterator[bytes]
_json = msgspec.json.Encoder()


def tail_response(
    ask: HistoryRequest,
    since: UUID | None,
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
        sent = messages(tail, ask.state.tail_readers, since)
        return StreamingResponse(render(sent) if render else sent, media_type=MEDIA_TYPE, headers=HEADERS)

    return limited(ask.state.tails, ask.limit_key, respond)


def _tail(ask: HistoryRequest, since: UUID | None, parameter: str) -> Tail:
    try:
        return Tail(ask.state.reader, ask.viewer, ask.question, since)
    except ValueError as error:
        raise Problem(422, f"{parameter}: {error}") from error


async def messages(
    tail: Tail, readers: TailReaders, since: UUID | None, seconds: float | None = None
) -> Messages:
    """What is sent, until the stream has reached its age or the client disconnects."""
    end = time.monotonic() + (MAX_SECONDS if seconds is None else seconds)
    newest, last_sent = since, time.monotonic()
    yield b"retry: %d\n\n" % RETRY_MS
    while time.monotonic() < end:
        pause, events = POLL_SECONDS, []
        try:
            events = await readers.poll(tail)
        except StoreError:
            pause = OUTAGE_POLL_SECONDS  # nothing is lost: the next poll returns it
        for event in events:
            newest = max(newest or UUID(int=0), UUID(event["id"]))
            yield _message(event, newest)
        now = time.monotonic()
        if events:
            last_sent = now
        elif now - last_sent > KEEPALIVE_SECONDS:
            last_sent = now
            yield b": nothing new\n\n"
        await anyio.sleep(pause)


def _message(event: dict[str, Any], newest: UUID) -> bytes:
    return b"id: %b\nevent: event\ndata: %b\n\n" % (str(newest).encode(), _json.encode(event))
