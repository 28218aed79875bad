"""A live tail as server-sent events, for the API and for pages.

Each message is an event as JSON. Its id is a position in the tail: a browser that was
disconnected sends it back and continues from there. A stream lives no
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
from trailkeeper.producer.json_lines import one_line

from .access_events import record_view
from .auth import still_the_same
from .history_request import HistoryRequest
from .limits import TailReaders, limited
from .positions import Positions
from .problems import Problem
from .tail import Tail, Tailed, TailPosition

POLL_SECONDS = 0.5
BEHIND_POLL_SECONDS = 0.05
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
    since: TailPosition | None,
    render: Callable[[Messages], Messages] | None = None,
) -> Response:
    """The stream of one request, within the limit of its viewer.

    Args:
        ask: which history, for whom.
        since: how far the client has come.
        render: turns the messages into what is sent; without it they are sent as they are.

    Raises:
        NotFound: the history does not exist, or is not the viewer's to see.
        Problem: there are too many tails.
        StoreError: the database does not answer.
    """

    def respond() -> StreamingResponse:
        record_view(ask.viewer, ask.question, request=ask.request)
        tail = Tail(ask.state.long_reader, ask.viewer, ask.question, since)
        ask.refuse_unknown()
        still = partial(still_the_same, ask.request, ask.viewer)
        sent = messages(tail, ask.state.tail_readers, ask.state.positions.writer(), still=still)
        return StreamingResponse(render(sent) if render else sent, media_type=MEDIA_TYPE, headers=HEADERS)

    return limited(ask.state.tails, ask.taker, respond)


def position(positions: Positions, text: str | None, parameter: str) -> TailPosition | None:
    """How far a client says that it has come; None if it does not.

    Args:
        positions: what reads it.
        text: as it was sent.
        parameter: what it is called in the request.

    Raises:
        Problem: 422, it is no position.
        StoreError: the secret that it is sealed with cannot be read.
    """
    try:
        return positions.read(text) if text else None
    except ValueError as error:
        raise Problem(422, f"{parameter}: {error}") from error


async def messages(
    tail: Tail,
    readers: TailReaders,
    written: Callable[[TailPosition], str],
    seconds: float | None = None,
    *,
    still: Callable[[], Awaitable[bool]] | None = None,
) -> Messages:
    """What is sent, until the stream has reached its age or the client disconnects.

    Args:
        tail: where events come from.
        readers: the threads that poll it.
        written: a position as the client gets it.
        seconds: the age at which the stream ends.
        still: whether its viewer may go on reading; asked before anything is sent, every few seconds.
    """
    began = time.monotonic()
    end = began + (MAX_SECONDS if seconds is None else seconds)
    last_sent, check_at = began, began + RECHECK_SECONDS
    yield b"retry: %d\n\n" % RETRY_MS
    while time.monotonic() < end:
        events: list[Tailed] = []
        try:
            events = await readers.poll(tail)
            pause = BEHIND_POLL_SECONDS if tail.is_behind else POLL_SECONDS
        except StoreError:
            pause = OUTAGE_POLL_SECONDS  # nothing is lost: the next poll returns it
        if still is not None and (events or time.monotonic() >= check_at):
            if not await still():
                return
            check_at = time.monotonic() + RECHECK_SECONDS
        for tailed in events:
            yield _message(tailed.event, written(tailed.position))
        now = time.monotonic()
        if events:
            last_sent = now
        elif now - last_sent > KEEPALIVE_SECONDS:
            last_sent = now
            yield b": nothing new\n\n"
        await anyio.sleep(pause)


def _message(event: dict[str, Any], identity: str) -> bytes:
    data = one_line(_json.encode(event))
    return b"id: %b\nevent: event\ndata: %b\n\n" % (identity.encode(), data)
