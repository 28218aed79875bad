"""A whole history as a file, written while it is read: it needs the memory of two pages, however long."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Literal

import msgspec
from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from trailkeeper.models.histories import Question
from trailkeeper.producer.json_lines import one_line
from trailkeeper.views import csv_rows
from trailkeeper.views.errors import ViewingEnded

Format = Literal["csv", "jsonl"]
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
BYTE_ORDER_MARK = "\ufeff".encode()
"""Without it Excel reads UTF-8 as the local code page."""

CHUNK_EVENTS = 1000
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)

Event = dict[str, Any]
_json = msgspec.json.Encoder()


def export_response(
    events: Iterator[Event], form: Format, question: Question, still: Callable[[], Awaitable[bool]]
) -> StreamingResponse:
    """The file. Its beginning is read before the answer starts, so that an outage is still an error.

    Args:
        events: newest first.
        form: the format.
        question: whose history it is, for the file's name.
        still: whether its viewer may go on reading; asked before each part.

    Raises:
        StoreError: the database does not answer.
    """
    parts = file_parts(events, form)
    started = while_allowed(next(parts), parts, still)
    disposition = f'attachment; filename="{file_name(question, form)}"'
    return StreamingResponse(started, media_type=MEDIA[form], headers={"Content-Disposition": disposition})


async def while_allowed(
    first: bytes, parts: Generator[bytes, None, None], still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Each part, as long as its viewer may read it.

    Raises:
        ViewingEnded: no longer. The connection breaks off, so that the file does not look complete.
    """
    part: bytes | None = first
    try:
        while part is not None:
            if not await still():
                raise ViewingEnded("the viewer of an export has lost the right to it")
            yield part
            part = await run_in_threadpool(next, parts, None)
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(parts.close)


def file_parts(events: Iterator[Event], form: Format) -> Generator[bytes, None, None]:
    """The file in parts of some hundred kilobytes; at least one part."""
    encode = _csv if form == "csv" else _json_lines
    chunks = _read_ahead(events)
    yield (BYTE_ORDER_MARK + csv_rows.header().encode() if form == "csv" else b"") + encode(next(chunks, []))
    yield from map(encode, chunks)


def _read_ahead(events: Iterator[Event]) -> Iterator[list[Event]]:
    """Chunks of events; while one is sent, a thread reads the next."""
    with ThreadPoolExecutor(1, thread_name_prefix="export") as executor:
        following = executor.submit(_chunk, events)
        while chunk := following.result():
            following = executor.submit(_chunk, events)
            yield chunk


def _chunk(events: Iterator[Event]) -> list[Event]:
    return list(islice(events, CHUNK_EVENTS))


def file_name(question: Question, form: Format) -> str:
    """A name that every file system accepts, whatever the id contains."""
    history = UNSAFE.sub("-", f"{question.about}-{question.id}" if question.id else question.about)
    return f"trailkeeper-{history[:100]}.{form}"


def _json_lines(events: list[Event]) -> bytes:
    return one_line(_json.encode_lines(events))


def _csv(events: list[Event]) -> bytes:
    return csv_rows.lines(events).encode()
