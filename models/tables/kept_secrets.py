"""Secrets of which there is one each."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, LargeBinary, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from .base import Base, RecordedAt


class KeptSecretRow(Base):
    """A table of at most one row."""

    __abstract__ = True

    is_only: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[RecordedAt]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[CheckConstraint]:  # noqa: N805 - SQLAlchemy calls it with the class
        return (CheckConstraint("is_only", name="is_only"),)


class ViewsSecretRow(KeptSecretRow):
    """What cursors and forms of the views are protected with. Only the views' role may read it."""

    __tablename__ = "views_secret"


class ImportSecretRow(KeptSecretRow):
    """The key of the ids of imported lines that have none. Only the workers' role may read it."""

    __tablename__ = "import_secret"
