"""Lines of an import as bytes in the staging table: read by the command, handed to chunks in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from trailkeeper.producer.lines import EventLine
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest.messages import NO_FIELDS, IncomingMessage, Rejected

from .packing import zstd

QUICKLY = 1


class StagedLine(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One line: an event as the stream carries it, or the bytes that were read and why they are none."""

    number: int
    payload: bytes
    reason: str | None = None
    detail: str | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[StagedLine])


def staged(line: EventLine) -> StagedLine:
    """A line with its id, short forms written out."""
    if line.event is None:
        assert line.error is not None
        return StagedLine(line.number, line.raw, line.error.reason, line.error.detail)
    payload = line.raw if line.is_whole else encode(line.event)
    return StagedLine(line.number, payload if line.unknown is None else _with_unknown(payload, line.unknown))


def to_block(lines: Sequence[StagedLine]) -> bytes:
    """Lines as the staging table keeps them: packed, as Postgres takes longer over the other bytes."""
    return zstd.compress(_encoder.encode(lines), QUICKLY)


def unpacked(content: bytes) -> bytes:
    """What `to_block` made, as bytes in which the lines' own bytes stand."""
    return zstd.decompress(content)


def read_block(content: bytes) -> list[StagedLine]:
    """What `to_block` made, read back."""
    return _decoder.decode(unpacked(content))


def from_lines(lines: Iterable[StagedLine]) -> tuple[list[IncomingMessage], list[Rejected]]:
    """Lines as messages to judge, and rejections of those that are no events."""
    messages: list[IncomingMessage] = []
    rejected: list[Rejected] = []
    for line in lines:
        message = IncomingMessage(str(line.number), line.payload, None, NO_FIELDS, is_imported=True)
        if line.reason is None:
            messages.append(message)
        else:
            rejected.append(Rejected(message, line.reason, line.detail or ""))
    return messages, rejected


def _with_unknown(payload: bytes, unknown: dict[str, Any]) -> bytes:
    return msgspec.json.encode(_merged(msgspec.json.decode(payload), unknown))


def _merged(known: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    """Keys that we do not know back in their places, also within actor and subjects."""
    return known | {
        key: _merged(known[key], value)
        if isinstance(known.get(key), dict) and isinstance(value, dict)
        else value
        for key, value in unknown.items()
    }
