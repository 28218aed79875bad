"""The tables. `models/migrations` builds the same; a test holds the two against each other.

No foreign keys leave this schema: history outlives what it tells of. Text that
is compared or sorted is COLLATE "C": ids and tags have no language, and their
indexes are cheaper so.
"""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    func,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, INET, INT4MULTIRANGE, JSONB, TIMESTAMP
from sqlalchemy.event import listen
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCOPES = ("user", "project", "organization", "system")
VERSION_TABLE = "trailkeeper_version"  # not Alembic's default, which the application's own migrations may use

Word = Annotated[str, mapped_column(Text(collation="C"))]
Moment = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]
RecordedAt = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True), server_default=func.now())]
SmallKey = Annotated[int, mapped_column(Integer, Identity(always=True), primary_key=True)]
BigKey = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Number = Annotated[int, mapped_column(BigInteger, server_default="0")]
Numbers = Annotated[Any, mapped_column(INT4MULTIRANGE)]
"""Numbers that a producer gave to its events."""
HoldIds = Annotated[list[int], mapped_column(ARRAY(BigInteger), server_default="{}")]


class Base(DeclarativeBase):
    """The declarative base; constraint names are predictable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {str: Text, dict[str, Any]: JSONB(none_as_null=True), bytes: LargeBinary}  # noqa: RUF012 - SQLAlchemy reads it so


def _history(column: str, condition: str = "") -> Index:
    """An index that a history walks: whose it is, then time. Partial, as most columns are often null."""
    where = text(f"{column} IS NOT NULL{condition}")
    return Index(f"events_{column}_id_idx", column, "id", postgresql_where=where)


class EventRow(Base):
    """One event: facts in typed columns, derivations by reference.

    Partitioned by LIST (scope), then by RANGE (id): ids are UUIDv7, so a range
    of ids is a range of time. `ip` without `location_id` means not enriched yet,
    unless it was scrubbed: `scrubbed_by` names the scrubs (``address/12``) and
    erasures (``erasure/3``) that took something from it, in their order.
    `imported_by` is the backfill that stored it, null for what came from the stream. Which event of
    which process it is (`producer_id`, `sequence`) is null where nobody counted it.
    """

    __tablename__ = "events"
    __table_args__ = (
        _history("user_id"),
        _history("project_id"),
        _history("organization_id"),
        # who did something to itself is found by user_id: most events, and a sixth of their bytes
        _history("actor_id", " AND actor_id IS DISTINCT FROM user_id"),
        _history("on_behalf_of_id"),
        _history("ip"),
        # entries of one width, which Postgres packs twice as tightly as tags of many
        Index("events_tag_id_idx", text("hashtext(tag)"), "id"),
        {"postgresql_partition_by": "LIST (scope)"},
    )

    # fixed-width columns first: no padding between them
    id: Mapped[UUID] = mapped_column(postgresql.UUID(as_uuid=True), primary_key=True)
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[RecordedAt]
    scrubbed_at: Mapped[Moment | None]
    location_id: Mapped[int | None] = mapped_column(Integer)
    client_id: Mapped[int | None] = mapped_column(Integer)
    scope: Mapped[Word] = mapped_column(Text(collation="C"), primary_key=True)
    tag: Mapped[Word]
    user_id: Mapped[Word | None]
    user_name: Mapped[str | None]
    project_id: Mapped[Word | None]
    project_name: Mapped[str | None]
    organization_id: Mapped[Word | None]
    organization_name: Mapped[str | None]
    actor_kind: Mapped[Word]
    actor_id: Mapped[Word | None]
    actor_name: Mapped[str | None]
    credential_kind: Mapped[Word | None]
    credential_id: Mapped[Word | None]
    credential_label: Mapped[str | None]
    on_behalf_of_id: Mapped[Word | None]
    on_behalf_of_name: Mapped[str | None]
    ip: Mapped[IPv4Address | IPv6Address | None] = mapped_column(INET)
    request_id: Mapped[Word | None]
    additional: Mapped[dict[str, Any] | None]
    extras: Mapped[dict[str, Any] | None]
    scrubbed_by: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    imported_by: Mapped[int | None] = mapped_column(Integer)
    producer_id: Mapped[int | None] = mapped_column(Integer)
    sequence: Mapped[int | None] = mapped_column(Integer)


class Location(Base):
    """A distinct place, or the reason why there is none, with the data that said so.

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


class Client(Base):
    """A distinct user-agent string and what it was understood as, by which data.

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


class Producer(Base):
    """A process that numbers its events. Never altered."""

    __tablename__ = "producers"
    __table_args__ = (Index("producers_name_key", "name", unique=True),)

    id: Mapped[SmallKey]
    name: Mapped[Word]
    first_seen_at: Mapped[RecordedAt]


class Tally(Base):
    """What became of some events of one producer, hour and scope: their numbers, and how many they are.

    A row is added in the transaction that decides their fate, and later merged with those of the
    same key (`merged`). `scope` is empty where no event type is known; see `models.counting`.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        Index(
            "tallies_merged_key",
            "producer_id",
            "hour",
            "scope",
            "fate",
            unique=True,
            postgresql_where=text("merged"),
        ),
        Index("tallies_unmerged_idx", "id", postgresql_where=text("NOT merged")),
        Index("tallies_hour_idx", "hour", "scope"),
    )

    id: Mapped[BigKey]
    hour: Mapped[Moment]
    producer_id: Mapped[int] = mapped_column(Integer)
    count: Mapped[int] = mapped_column(Integer)
    merged: Mapped[bool] = mapped_column(server_default=text("false"))
    scope: Mapped[Word]
    fate: Mapped[Word]
    sequences: Mapped[Numbers]


class Coverage(Base):
    """All numbers of a producer of whose fate the merged tallies tell: what is not in it is not known.

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


class Gap(Base):
    """Numbers of a producer that were missing when they were looked for: since when, and whether still.

    `told_at` is when the gap was reported as an event, `closed_at` when the last of them was found.
    """

    __tablename__ = "gaps"
    __table_args__ = (Index("gaps_open_idx", "producer_id", postgresql_where=text("closed_at IS NULL")),)

    id: Mapped[BigKey]
    producer_id: Mapped[int] = mapped_column(Integer)
    noticed_at: Mapped[RecordedAt]
    told_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    sequences: Mapped[Numbers]


class DeadLetter(Base):
    """A message that can never be stored, whole, with the reason and the signature that came with it."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("dead_letters_stream_id_key", "stream", "stream_id", "digest", unique=True),
        Index("dead_letters_reason_id_idx", "reason", "id"),
    )

    id: Mapped[BigKey]
    recorded_at: Mapped[RecordedAt]
    stream: Mapped[Word]
    stream_id: Mapped[Word]
    digest: Mapped[bytes]
    reason: Mapped[Word]
    detail: Mapped[str]
    deliveries: Mapped[int]
    raw: Mapped[bytes]
    signature: Mapped[bytes | None]


class Outgoing(Base):
    """A message that an application wrote with its own transaction, until it is relayed.

    A row is there once its transaction has committed, and gone in the transaction that stores it as
    an event or dead letter. Ids are given out before the commit, so a lower one may appear later.
    """

    __tablename__ = "outbox"

    id: Mapped[BigKey]
    made_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.clock_timestamp())
    payload: Mapped[bytes]
    invalid: Mapped[bytes | None]


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
    asked_by: Mapped[str | None]
    events: Mapped[Number]
    dead_letters: Mapped[Number]
    held: Mapped[Number]
    holds: Mapped[HoldIds]
    receipt: Mapped[dict[str, Any] | None]
    import_lines: Mapped[Number]


class Backfill(Base):
    """A job that an admin asked for: what, how far it is, and what became of what it saw.

    `cursor` is where the next chunk begins; it is written in the chunk's own
    transaction. No chunk begins before `due_at`. `attempts` counts chunks that
    were begun after a silence and of which nothing was heard.
    """

    __tablename__ = "backfills"
    __table_args__ = (Index("backfills_state_idx", "state", postgresql_where=text("finished_at IS NULL")),)

    id: Mapped[SmallKey]
    kind: Mapped[Word]
    state: Mapped[Word] = mapped_column(Text(collation="C"), server_default="running")
    filters: Mapped[dict[str, Any]]
    asked_by: Mapped[str]
    created_at: Mapped[RecordedAt]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    heartbeat_at: Mapped[RecordedAt]
    due_at: Mapped[RecordedAt]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    throttle: Mapped[int | None]
    estimate: Mapped[int | None] = mapped_column(BigInteger)
    cursor: Mapped[dict[str, Any] | None]
    seen: Mapped[Number]
    changed: Mapped[Number]
    skipped: Mapped[Number]
    rejected: Mapped[Number]
    detail: Mapped[str | None]


class BackfillFile(Base):
    """The file of an import, and how many of its lines were taken in; `complete` once all were."""

    __tablename__ = "backfill_files"
    __table_args__ = (Index("backfill_files_digest_idx", "digest"),)

    backfill_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str]
    digest: Mapped[bytes]
    lines: Mapped[Number]
    events: Mapped[Number]
    complete: Mapped[bool] = mapped_column(server_default=text("false"))
    read_at: Mapped[RecordedAt]


class BackfillBlock(Base):
    """Some lines of an import that wait to be stored; gone in the transaction that stores them."""

    __tablename__ = "backfill_blocks"

    backfill_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    last_line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    content: Mapped[bytes]


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


def _split_by_scope() -> None:
    """Beneath `events`, one partition a scope, itself partitioned by ranges of ids."""
    for scope in SCOPES:
        statement = (
            f"CREATE TABLE events_{scope} PARTITION OF events"
            f" FOR VALUES IN ('{scope}') PARTITION BY RANGE (id)"
        )
        listen(EventRow.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]  # as published


_split_by_scope()
listen(
    BackfillBlock.__table__,
    "after_create",
    # they live for seconds: packing them takes longer than writing them
    DDL("ALTER TABLE backfill_blocks ALTER COLUMN content SET STORAGE EXTERNAL"),  # type: ignore[no-untyped-call]  # as published
)
