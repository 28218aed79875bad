"""A whole history as a file, written while it is read: the memory of two pages, however long it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, Literal

import msgspec
from pydantic import Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from trailkeeper.models.histories import Question
from trailkeeper.views import csv_rows

from .filters import Filters

Format = Literal["csv", "jsonl"]
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
EVENTS_AT_ONCE = 1000
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)

Event = dict[str, Any]
_json = msgspec.json.Encoder()


class ExportFilters(Filters):
    """What is exported, and how it is written."""

    format: Format = Field(default="jsonl", description="JSON Lines, or CSV for spreadsheets.")


class Held(StreamingResponse):
    """A stream that gives something back when it ends, however it ends."""

    def __init__(self, content: Any, give_back: Callable[[], None], **options: Any) -> None:
        super().__init__(content, **options)
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()


def export_answer(
    events: Iterator[Event], form: Format, question: Question, give_back: Callable[[], None]
) -> Held:
    """The file. Its beginning is read before anything is answered, so that an outage is still an error.

    Raises:
        StoreError: the database does not answer.
    """
    parts = written(events, form)
    begun = chain([next(parts)], parts)
    disposition = f'attachment; filename="{file_name(question, form)}"'
    return Held(begun, give_back, media_type=MEDIA[form], headers={"Content-Disposition": disposition})


def written(events: Iterator[Event], form: Format) -> Iterator[bytes]:
    """The file in parts of some hundred kilobytes; at least one part."""
    write = _csv if form == "csv" else _json.encode_lines
    chunks = _read_ahead(events)
    yield (csv_rows.header().encode() if form == "csv" else b"") + write(next(chunks, []))
    yield from map(write, chunks)


def _read_ahead(events: Iterator[Event]) -> Iterator[list[Event]]:
    """Some events at a time, the next ones read while these are written, so that nobody waits."""
    with ThreadPoolExecutor(1, thread_name_prefix="export") as reading:
        following = reading.submit(_some, events)
        while found := following.result():
            following = reading.submit(_some, events)
            yield found


def _some(events: Iterator[Event]) -> list[Event]:
    return list(islice(events, EVENTS_AT_ONCE))


def file_name(question: Question, form: Format) -> str:
    """A name that every system takes, whatever the id is made of."""
    whose = UNSAFE.sub("-", f"{question.about}-{question.id}" if question.id else question.about)
    return f"trailkeeper-{whose[:100]}.{form}"


def _csv(events: list[Event]) -> bytes:
    return csv_rows.lines(events).encode()
