"""Dead letters: how a rejected message is kept, counted and logged. Nowhere else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as pg_insert

from trailkeeper.models.counting import add
from trailkeeper.models.tables import DeadLetterRow
from trailkeeper.producer.validation import harmless

from .messages import SIGNATURE, IncomingMessage, Rejected
from .sequence_numbers import of_dead_letters

MAX_DETAIL = 4_000
"""Characters of a detail that are kept."""

MAX_LINES = 100
"""Lines of the log for one batch: a bad file must not fill the disk."""

logger = logging.getLogger(__name__)


def keep(
    connection: Connection, source: str, rejected: Sequence[Rejected], producers: Mapping[str, int]
) -> None:
    """Keep and count rejected messages; one that is kept already stays as it is.

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
    rows = [_row(source, rejection) for rejection in rejected]
    statement = pg_insert(DeadLetterRow).values(rows).on_conflict_do_nothing()
    new = set(connection.execute(statement.returning(DeadLetterRow.stream_id)).scalars())
    kept = [rejection for rejection in rejected if rejection.message.stream_id in new]
    add(connection, of_dead_letters(kept, producers))
    _log(source, kept)


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
    raw = whole(message)
    return {
        "stream": source,
        "stream_id": message.stream_id,
        "digest": hashlib.sha256(raw).digest()[:16],
        "reason": rejection.reason,
        "detail": detail_text(rejection.detail),
        "deliveries": message.deliveries,
        "raw": raw,
        "signature": message.fields.get(SIGNATURE),
    }


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
