"""The staff's own tables, through SQLAlchemy: in a file of their own, or in the audit trail's database."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class ProhibitedName(Base):
    """A name that no new project may have."""

    __tablename__ = "package_index_prohibited_names"
    name: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]


class Desk:
    """Transactions of the staff.

    Attributes:
        is_in_trail: whether the tables stand where the audit trail's do, so that an event can be
            written in the very transaction that it tells of.
    """

    def __init__(self, url: str) -> None:
        """Make the tables if they are missing."""
        self._engine = create_engine(url)
        self._sessions = sessionmaker(self._engine)
        self.is_in_trail = self._engine.dialect.name == "postgresql"
        Base.metadata.create_all(self._engine)

    def transaction(self) -> AbstractContextManager[Session]:
        """All or nothing: committed at the end of the block, rolled back where it raises."""
        return self._sessions.begin()

    def prohibits(self, name: str) -> bool:
        """Whether no new project may have this name."""
        with self._sessions() as session:
            return (
                session.scalar(select(ProhibitedName).where(ProhibitedName.name == name.lower())) is not None
            )

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()
