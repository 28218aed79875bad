"""Secrets of which there is one each."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, RecordedAt


class ViewsSecretRow(Base):
    """One row: what cursors and forms of the views are protected with. Only the views' role may read it."""

    __tablename__ = "views_secret"
    __table_args__ = (CheckConstraint("is_only", name="is_only"),)

    is_only: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[RecordedAt]


class ImportSecretRow(Base):
    """One row: the key of the ids of imported lines that have none. Only the workers' role may read it."""

    __tablename__ = "import_secret"
    __table_args__ = (CheckConstraint("is_only", name="is_only"),)

    is_only: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[RecordedAt]
