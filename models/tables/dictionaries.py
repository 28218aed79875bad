"""What events refer to: distinct locations, clients and networks, each kept once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment, RecordedAt, SmallKey, Word


class LocationRow(Base):
    """A distinct location, or the reason why there is none, with the data that it came from.

    Only rows from before there were networks have an `asn`.
    Never altered. One that no event uses is marked, and removed after a grace; see `models.orphans`.
    """

    __tablename__ = "locations"
    __table_args__ = (Index("locations_digest_key", "digest", unique=True),)

    id: Mapped[SmallKey]
    digest: Mapped[bytes]
    display: Mapped[str | None]
    reason: Mapped[Word | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    country_code: Mapped[Word | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    asn: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str]
    build: Mapped[Word]
    recorded_at: Mapped[RecordedAt]
    unused_since: Mapped[Moment | None]


class ClientRow(Base):
    """A distinct user-agent string and what it was parsed as, by which data.

    Never altered. One that no event uses is marked, and removed after a grace; see `models.orphans`.
    """

    __tablename__ = "clients"
    __table_args__ = (Index("clients_digest_key", "digest", unique=True),)

    id: Mapped[SmallKey]
    digest: Mapped[bytes]
    user_agent: Mapped[str]
    display: Mapped[str]
    kind: Mapped[Word]
    name: Mapped[str | None]
    version: Mapped[str | None]
    os: Mapped[str | None]
    device: Mapped[str | None]
    source: Mapped[str]
    build: Mapped[Word]
    recorded_at: Mapped[RecordedAt]
    unused_since: Mapped[Moment | None]


class NetworkRow(Base):
    """A distinct network that addresses belong to, by its operator, with the data that it came from.

    Never altered. One that no event uses is marked, and removed after a grace; see `models.orphans`.
    """

    __tablename__ = "networks"
    __table_args__ = (Index("networks_digest_key", "digest", unique=True),)

    id: Mapped[SmallKey]
    digest: Mapped[bytes]
    display: Mapped[str | None]
    asn: Mapped[int | None] = mapped_column(BigInteger)
    operator: Mapped[str | None]
    source: Mapped[str]
    build: Mapped[Word]
    recorded_at: Mapped[RecordedAt]
    unused_since: Mapped[Moment | None]
