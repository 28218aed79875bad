"""The secret of the views."""

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
