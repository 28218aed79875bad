"""A whole history as a file, written while it is read: it needs the memory of two pages, however long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, Literal

import msgspec
from starlette.responses import StreamingResponse

from trailkeeper.models.histories import Question
from trailkeeper.views import csv_rows

Format = Literal["csv", "jsonl"]
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
CHUNK_EVENTS = 1000
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)

Event = dict[str, Any]
_json = msgspec.json.Encoder()


def export_response(events: Iterator[Event], form: Format, question: Question) -> StreamingResponse:
    """The file. Its beginning is read before the answer starts, so that an outage is still an error.

    Raises:
        StoreError: the database does not answer.
    """
    parts = file_parts(events, form)
    started = chain([next(parts)], parts)
    disposition = f'attachment; filename="{file_name(question, form)}"'
    return StreamingResponse(started, media_type=MEDIA[form], headers={"Content-Disposition": disposition})


def file_parts(events: Iterator[Event], form: Format) -> Iterator[bytes]:
    """The file in parts of some hundred kilobytes; at least one part."""
    encode = _csv if form == "csv" else _json.encode_lines
    chunks = _read_ahead(events)
    yield (csv_rows.header().encode() if form == "csv" else b"") + encode(next(chunks, []))
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


def _csv(events: list[Event]) -> bytes:
    return csv_rows.lines(events).encode()
