"""What was done to events that may not be kept, and what keeps them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, BigKey, HoldIds, Moment, Number, RecordedAt, Word


class Purge(Base):
    """What a purge removed by one rule: by which policy, how many; and what it left, because of which holds.

    Without `finished_at` it was interrupted; the next purge goes on with it.
    """

    __tablename__ = "purges"

    id: Mapped[BigKey]
    started_at: Mapped[Moment]
    finished_at: Mapped[RecordedAt | None]
    scope: Mapped[Word]
    tag: Mapped[Word | None]
    retention_days: Mapped[int]
    before: Mapped[Moment]
    partitions: Mapped[int]
    events: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[Number]
    holds: Mapped[HoldIds]


class Hold(Base):
    """A legal hold: events of this user, project or organization are neither purged, scrubbed nor erased."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("about IN ('user', 'project', 'organization')", name="about"),
        Index(
            "holds_about_subject_id_idx", "about", "subject_id", postgresql_where=text("released_at IS NULL")
        ),
    )

    id: Mapped[BigKey]
    added_at: Mapped[RecordedAt]
    until: Mapped[Moment | None]
    released_at: Mapped[Moment | None]
    about: Mapped[Word]
    subject_id: Mapped[Word]
    reason: Mapped[str]
    added_by: Mapped[str | None]
    released_by: Mapped[str | None]
    release_reason: Mapped[str | None]


class Scrub(Base):
    """What one step of the scrub did: by which policy, to how many; what it left, because of which holds."""

    __tablename__ = "scrubs"

    id: Mapped[BigKey]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    step: Mapped[Word]
    days: Mapped[int]
    before: Mapped[Moment]
    events: Mapped[Number]
    held: Mapped[Number]
    holds: Mapped[HoldIds]


class ScrubMark(Base):
    """A partition that a step has been through: no row was inserted since, none left because of a hold."""

    __tablename__ = "scrub_marks"

    partition: Mapped[Word] = mapped_column(primary_key=True)
    step: Mapped[Word] = mapped_column(primary_key=True)
    relation: Mapped[int] = mapped_column(BigInteger)
    inserted: Mapped[int] = mapped_column(BigInteger)
    policy: Mapped[Word]


class Erasure(Base):
    """What the erasure of one user's personal data did, with the receipt that was printed."""

    __tablename__ = "erasures"

    id: Mapped[BigKey]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    user_id: Mapped[Word]
    requested_by: Mapped[str | None]
    events: Mapped[Number]
    dead_letters: Mapped[Number]
    held: Mapped[Number]
    holds: Mapped[HoldIds]
    receipt: Mapped[dict[str, Any] | None]
    import_lines: Mapped[Number]


class ErasedPerson(Base):
    """By what a person was known whose data were erased, as fingerprints; a purge removes it in time."""

    __tablename__ = "erased_persons"

    user_id: Mapped[Word] = mapped_column(primary_key=True)
    recorded_at: Mapped[RecordedAt]
    key: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprints: Mapped[dict[str, Any]]
    holds: Mapped[HoldIds]
