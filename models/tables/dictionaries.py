"""What events refer to: distinct locations, clients and networks, each kept once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from .base import Base, Moment, RecordedAt, SmallKey, Word


class DictionaryRow(Base):
    """What each dictionary has: a digest of the row, and which data it came from.

    Never altered. One that no event uses is marked, and removed after a grace; see `models.orphans`.
    """

    __abstract__ = True

    # around the columns of each table
    id: Mapped[SmallKey] = mapped_column(sort_order=-1)
    digest: Mapped[bytes] = mapped_column(sort_order=-1)
    source: Mapped[str] = mapped_column(sort_order=1)
    build: Mapped[Word] = mapped_column(sort_order=1)
    recorded_at: Mapped[RecordedAt] = mapped_column(sort_order=1)
    unused_since: Mapped[Moment | None] = mapped_column(sort_order=1)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index]:  # noqa: N805 - SQLAlchemy calls it with the class
        return (Index(f"{cls.__tablename__}_digest_key", "digest", unique=True),)


class LocationRow(DictionaryRow):
    """A distinct location, or the reason why there is none. Only rows older than networks have an `asn`."""

    __tablename__ = "locations"

    display: Mapped[str | None]
    reason: Mapped[Word | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    country_code: Mapped[Word | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    asn: Mapped[int | None] = mapped_column(BigInteger)


class ClientRow(DictionaryRow):
    """A distinct user-agent string and what it was parsed as."""

    __tablename__ = "clients"

    user_agent: Mapped[str]
    display: Mapped[str]
    kind: Mapped[Word]
    name: Mapped[str | None]
    version: Mapped[str | None]
    os: Mapped[str | None]
    device: Mapped[str | None]


class NetworkRow(DictionaryRow):
    """A distinct network that addresses belong to, by its operator."""

    __tablename__ = "networks"

    display: Mapped[str | None]
    asn: Mapped[int | None] = mapped_column(BigInteger)
    operator: Mapped[str | None]
