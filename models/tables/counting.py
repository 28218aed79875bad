"""Who numbers events, and what became of each number; see `models.counting`."""

from __future__ import annotations

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, BigKey, Moment, Numbers, RecordedAt, SmallKey, Word


class Producer(Base):
    """A process that numbers its events. Never altered."""

    __tablename__ = "producers"
    __table_args__ = (Index("producers_name_key", "name", unique=True),)

    id: Mapped[SmallKey]
    name: Mapped[Word]
    first_seen_at: Mapped[RecordedAt]


class EventCountRow(Base):
    """What became of some events of one producer, hour and scope: their numbers.

    A row is added in the transaction that decides their fate, and later merged with those of the
    same key (`merged`). `scope` is empty where no event type is known; see `models.counting`.
    """

    __tablename__ = "event_counts"
    __table_args__ = (
        Index(
            "event_counts_merged_key",
            "producer_id",
            "hour",
            "scope",
            "fate",
            unique=True,
            postgresql_where=text("merged"),
        ),
        Index("event_counts_unmerged_idx", "id", postgresql_where=text("NOT merged")),
        Index("event_counts_hour_idx", "hour", "scope"),
    )

    id: Mapped[BigKey]
    hour: Mapped[Moment]
    producer_id: Mapped[int] = mapped_column(Integer)
    merged: Mapped[bool] = mapped_column(server_default=text("false"))
    scope: Mapped[Word]
    fate: Mapped[Word]
    sequences: Mapped[Numbers]


class Coverage(Base):
    """All numbers of a producer of whose fate the merged counts tell: what is not in it is not known.

    `highest` is the highest number that was seen on its way, though perhaps not any more.
    """

    __tablename__ = "coverage"
    __table_args__ = (
        Index(
            "coverage_broken_idx",
            "producer_id",
            postgresql_where=text(
                "sequences <> int4multirange(int4range(1, GREATEST(upper(sequences), highest + 1)))"
            ),
        ),
    )

    producer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    highest: Mapped[int] = mapped_column(Integer, server_default="0")
    sequences: Mapped[Numbers]


class GapRow(Base):
    """Numbers of a producer that were missing when they were looked for: since when, and whether still.

    `reported_at` is when the gap was reported as an event, `closed_at` when the last of them was found.
    """

    __tablename__ = "gaps"
    __table_args__ = (Index("gaps_open_idx", "producer_id", postgresql_where=text("closed_at IS NULL")),)

    id: Mapped[BigKey]
    producer_id: Mapped[int] = mapped_column(Integer)
    noticed_at: Mapped[RecordedAt]
    reported_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    sequences: Mapped[Numbers]
