"""Messages that are no events: not yet, in the outbox, or never, as dead letters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, BigKey, RecordedAt, Word


class Outgoing(Base):
    """A message that an application wrote with its own transaction, until it is relayed.

    A row is there once its transaction has committed, and gone in the transaction that stores it as
    an event or dead letter. Ids are given out before the commit, so a lower one may appear later.
    """

    __tablename__ = "outbox"

    id: Mapped[BigKey]
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.clock_timestamp()
    )
    payload: Mapped[bytes]
    invalid: Mapped[bytes | None]


class DeadLetterRow(Base):
    """A message that can never be stored, whole, with the reason and the signature that came with it.

    The digest is what makes it the same as another one; the stream and the id there are of the first.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("dead_letters_digest_key", "digest", unique=True),
        Index("dead_letters_stream_id_idx", "stream", "stream_id"),
        Index("dead_letters_reason_id_idx", "reason", "id"),
    )

    id: Mapped[BigKey]
    recorded_at: Mapped[RecordedAt]
    stream: Mapped[Word]
    stream_id: Mapped[Word]
    digest: Mapped[bytes]
    reason: Mapped[Word]
    detail: Mapped[str]
    deliveries: Mapped[int]
    raw: Mapped[bytes]
    signature: Mapped[bytes | None]
