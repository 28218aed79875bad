"""Which events were stored by which transaction, for live tails."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from .base import Base, BigKey, RecordedAt, Word


class Xid8(UserDefinedType[str]):
    """The number of a transaction, which no other ever has in this cluster; as text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """What Postgres calls it."""
        return "xid8"


ischema_names["xid8"] = Xid8  # for Alembic, which compares the schema with this


class StoredBatchRow(Base):
    """Some events of one scope that one transaction stored; kept for a day, see `models.stored_batches`."""

    __tablename__ = "stored_batches"
    __table_args__ = (Index("stored_batches_transaction_idx", "transaction_id"),)

    id: Mapped[BigKey]
    transaction_id: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    stored_at: Mapped[RecordedAt]
    scope: Mapped[Word]
    event_ids: Mapped[list[UUID]] = mapped_column(ARRAY(postgresql.UUID(as_uuid=True)))
