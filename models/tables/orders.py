"""What admins ask workers for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment, RecordedAt, Word


class Order(Base):
    """What an admin asked for on a page or over the API, and what came of it once a worker carried it out.

    Its id is given by whoever asks, so that asking twice is asking once. Who may place orders
    needs no right but to insert these four columns: `id`, `asked_by`, `action`, `given`.
    """

    __tablename__ = "orders"
    __table_args__ = (Index("orders_waiting_idx", "placed_at", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(postgresql.UUID(as_uuid=True), primary_key=True)
    placed_at: Mapped[RecordedAt]
    begun_at: Mapped[Moment | None]
    done_at: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    asked_by: Mapped[str]
    action: Mapped[Word]
    given: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any] | None]
