"""Dead letters: how a rejected message is kept, counted and logged. Nowhere else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from trailkeeper.models.counting import add
from trailkeeper.models.engine import after_commit
from trailkeeper.producer.validation import harmless

from .messages import HEAD_BYTES, SIGNATURE, IncomingMessage, Rejected
from .repeated import digest_of, sort_key
from .sequence_numbers import of_dead_letters

MAX_DETAIL = 4_000
"""Characters of a detail that are kept."""

NO_EVENTS = frozenset({"no_event", "not_json", "too_large"})
"""Reasons of what was never an event, of which the beginning and a digest are kept."""

STATEMENT_BYTES = 1 << 20
"""About how much one statement inserts."""

ROW_BYTES = 500
"""What a row takes beside its message."""

MAX_LINES = 100
"""Lines of the log for one batch: a bad file must not fill the disk."""

COLUMNS = {
    "stream": "text",
    "stream_id": "text",
    "digest": "bytea",
    "reason": "text",
    "detail": "text",
    "deliveries": "int",
    "raw": "bytea",
    "signature": "bytea",
}
"""What is kept of a message, and its type."""

# one array a column takes a tenth of what a list of rows does; senders of rubbish decide how many there are
_INSERT = f"""
    INSERT INTO dead_letters ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"CAST(%({name})s AS {kind}[])" for name, kind in COLUMNS.items())})
        ON CONFLICT DO NOTHING RETURNING stream_id
"""  # noqa: S608 - constants

logger = logging.getLogger(__name__)


def keep(
    connection: Connection, source: str, rejected: Sequence[Rejected], producers: Mapping[str, int]
) -> None:
    """Keep and count rejected messages; one that is kept already stays as it is, see `repeated`.

    Args:
        connection: in a transaction.
        source: where they came from: the stream's key, ``outbox``, or ``import:`` and a digest.
        rejected: the messages.
        producers: ids of those that numbered any of them.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if not rejected:
        return
    ordered = sorted(rejected, key=lambda rejection: sort_key(rejection.message))
    new = {key for part in _slices(ordered) for key in _insert(connection, source, part)}
    kept = [rejection for rejection in rejected if rejection.message.stream_id in new]
    add(connection, of_dead_letters(kept, producers))
    after_commit(connection, lambda: _log(source, kept))


def detail_text(detail: str) -> str:
    """A detail as it is stored: no longer than `MAX_DETAIL`, and nothing that Postgres refuses in a text."""
    return detail[:MAX_DETAIL].replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def whole(message: IncomingMessage) -> bytes:
    """All that a message carried but its signature: the event, or every field where there is more or less."""
    fields = {name: value for name, value in message.fields.items() if name != SIGNATURE}
    if message.payload is not None and len(fields) <= 1:
        return message.payload
    return b"".join(b"%b=%b\n" % field for field in fields.items())


def _row(source: str, rejection: Rejected) -> dict[str, object]:
    message = rejection.message
    raw, detail = whole(message), rejection.detail
    size = len(raw)
    if rejection.reason in NO_EVENTS and size > HEAD_BYTES:
        if message.excess is None:
            sha256 = hashlib.sha256(raw).hexdigest()
            beginning = f"the first {HEAD_BYTES:,} of {size:,} bytes with the SHA-256 {sha256}"
            detail = f"{detail[: MAX_DETAIL - 200]}; {beginning} are kept"
        raw = raw[:HEAD_BYTES]
    return {
        "stream": source,
        "stream_id": message.stream_id,
        "digest": digest_of(source, message),
        "reason": rejection.reason,
        "detail": detail_text(detail),
        "deliveries": message.deliveries,
        "raw": raw,
        "signature": message.fields.get(SIGNATURE),
    }


def _insert(connection: Connection, source: str, rejected: Sequence[Rejected]) -> set[str]:
    """Returns the ids of those that were not there before."""
    rows = [_row(source, rejection) for rejection in rejected]
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    return set(connection.exec_driver_sql(_INSERT, columns).scalars())


def _slices(rejected: Sequence[Rejected]) -> Iterator[Sequence[Rejected]]:
    """For one statement each: it holds all its values several times over."""
    begin = size = 0
    for place, rejection in enumerate(rejected):
        size += len(rejection.message.payload or b"") + len(rejection.detail) + ROW_BYTES
        size += sum(map(len, rejection.message.fields.values()))
        if size > STATEMENT_BYTES:
            yield rejected[begin : place + 1]
            begin, size = place + 1, 0
    if begin < len(rejected):
        yield rejected[begin:]


def _log(source: str, kept: Sequence[Rejected]) -> None:
    for rejection in kept[:MAX_LINES]:
        logger.warning(
            "dead letter %s: %s",
            rejection.reason,
            harmless(rejection.detail),  # it quotes what anybody may have written
            extra={"source": source, "stream_id": rejection.message.stream_id},
        )
    if len(kept) > MAX_LINES:
        logger.warning("%d more dead letters of %s", len(kept) - MAX_LINES, source)
