"""Jobs over stored or imported events, and what the imports among them read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, BigInteger, Index, Integer, Text, text
from sqlalchemy.event import listen
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment, Number, RecordedAt, SmallKey, Word


class Backfill(Base):
    """A job that an admin asked for: what, how far it is, and what became of what it saw.

    `cursor` is where the next chunk begins; it is written in the chunk's own
    transaction. No chunk begins before `due_at`. `attempts` counts chunks that
    were begun after a silence and of which nothing was heard.
    """

    __tablename__ = "backfills"
    __table_args__ = (Index("backfills_state_idx", "state", postgresql_where=text("finished_at IS NULL")),)

    id: Mapped[SmallKey]
    kind: Mapped[Word]
    state: Mapped[Word] = mapped_column(Text(collation="C"), server_default="running")
    filters: Mapped[dict[str, Any]]
    requested_by: Mapped[str]
    created_at: Mapped[RecordedAt]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    heartbeat_at: Mapped[RecordedAt]
    due_at: Mapped[RecordedAt]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    throttle: Mapped[int | None]
    estimate: Mapped[int | None] = mapped_column(BigInteger)
    cursor: Mapped[dict[str, Any] | None]
    seen: Mapped[Number]
    changed: Mapped[Number]
    skipped: Mapped[Number]
    rejected: Mapped[Number]
    detail: Mapped[str | None]


class BackfillFile(Base):
    """The file of an import, and how many of its lines were taken in; `complete` once all were."""

    __tablename__ = "backfill_files"
    __table_args__ = (Index("backfill_files_digest_idx", "digest"),)

    backfill_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str]
    digest: Mapped[bytes]
    lines: Mapped[Number]
    events: Mapped[Number]
    complete: Mapped[bool] = mapped_column(server_default=text("false"))
    read_at: Mapped[RecordedAt]


class BackfillBlock(Base):
    """Some lines of an import that wait to be stored; gone in the transaction that stores them."""

    __tablename__ = "backfill_blocks"

    backfill_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    last_line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    content: Mapped[bytes]


listen(
    BackfillBlock.__table__,
    "after_create",
    # they live for seconds: packing them takes longer than writing them
    DDL("ALTER TABLE backfill_blocks ALTER COLUMN content SET STORAGE EXTERNAL"),  # type: ignore[no-untyped-call]  # as published
)
