"""What admins ask workers to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment, RecordedAt, Word


class AdminCommandRow(Base):
    """What an admin asked for on a page or over the API, and the outcome once a worker has run it.

    The requester chooses the id, so that sending a command twice runs it once. The views' role may only
    insert four columns: `id`, `requested_by`, `action`, `arguments`.
    """

    __tablename__ = "admin_commands"
    __table_args__ = (
        Index("admin_commands_waiting_idx", "requested_at", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(postgresql.UUID(as_uuid=True), primary_key=True)
    requested_at: Mapped[RecordedAt]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    requested_by: Mapped[str]
    action: Mapped[Word]
    arguments: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any] | None]
