"""Cheap facts about the database, for `trailkeeper status` and `trailkeeper doctor`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, func, null, select, text

from .histories import Question, StoredEvent
from .histories.page import read_page
from .migrate import head, revision
from .periods import id_floor
from .tables import DeadLetterRow, EventRow, LocationRow, Purge


@dataclass(frozen=True)
class ServerFacts:
    """Facts about a database server.

    Attributes:
        version: of the server, as a number: 180001 is 18.1.
        encoding: of the database; any but UTF8 refuses some events.
        clock: its time, to compare with ours.
        read_only: whether it takes no writes, as a standby does.
        bytes: the size of the database on disk.
    """

    version: int
    encoding: str
    clock: datetime
    read_only: bool
    bytes: int


@dataclass(frozen=True)
class StoredDeadLetter:
    """A dead letter; `size` is its message's, in bytes, and `raw` the message where it was asked for."""

    id: int
    recorded_at: datetime
    stream: str
    stream_id: str
    reason: str
    detail: str
    deliveries: int
    size: int
    raw: bytes | None


@dataclass(frozen=True)
class PurgeTotal:
    """What purges of one scope removed so far, and when the last one ended."""

    scope: str
    purges: int
    events: int
    finished_at: datetime


def server_facts(connection: Connection) -> ServerFacts:
    """What the server says of itself.

    Raises:
        StoreError: it is away.
    """
    statement = text("""
        SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
               clock_timestamp(), current_setting('transaction_read_only')::bool,
               pg_database_size(current_database())
    """)
    return ServerFacts(*connection.execute(statement).one())


class RecentLocations(NamedTuple):
    """Of the public addresses stored last, a thousand at most: how many, and how many have a location."""

    addresses: int
    located: int


def recent_locations(connection: Connection) -> RecentLocations:
    """Whether workers find locations: of the events of one day. Addresses without a place do not count.

    Raises:
        StoreError: the server is away.
    """
    since = id_floor(datetime.now(UTC) - timedelta(days=1))
    recent = (
        select(LocationRow.source)
        .select_from(EventRow)
        .outerjoin(LocationRow, LocationRow.id == EventRow.location_id)
        .where(EventRow.id >= since, EventRow.ip.is_not(None), LocationRow.source.is_distinct_from("address"))
        .order_by(EventRow.id.desc())
        .limit(1000)
        .subquery()
    )
    counts = select(func.count(), func.count(recent.c.source))
    return RecentLocations(*connection.execute(counts).one())


def schema_current(connection: Connection) -> bool:
    """Whether the database has run every step of this version and no other.

    Raises:
        StoreError: the server is away.
    """
    return revision(connection) == head()


def newest_event(connection: Connection) -> StoredEvent | None:
    """The event that occurred last, or None of an empty table.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    return next(iter(read_page(connection, Question(), limit=1).events), None)


def dead_letter_counts(connection: Connection) -> dict[str, int]:
    """How many dead letters there are of each reason, most first.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    count = func.count()
    grouped = (
        select(DeadLetterRow.reason, count)
        .group_by(DeadLetterRow.reason)
        .order_by(count.desc(), DeadLetterRow.reason)
    )
    return dict(connection.execute(grouped).all())


def purge_totals(connection: Connection) -> list[PurgeTotal]:
    """What purges removed, by scope. There are a few purges a day, and they are all read.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    events = func.coalesce(func.sum(Purge.events), 0).cast(BigInteger)
    grouped = (
        select(Purge.scope, func.count(), events, func.max(Purge.finished_at).label("finished_at"))
        .group_by(Purge.scope)
        .order_by(Purge.scope)
    )
    rows = connection.execute(grouped).all()
    return [PurgeTotal(*row) for row in rows]  # type: ignore[arg-type]  # every group has a newest


def dead_letters(
    connection: Connection,
    *,
    limit: int = 50,
    reason: str | None = None,
    before: int | None = None,
    stream: str | None = None,
) -> list[StoredDeadLetter]:
    """The newest dead letters without their messages, or those older than the one with id *before*.

    Args:
        connection: to the database.
        limit: the most.
        reason: only of this one.
        before: only older ones than that of this id.
        stream: only from there: the stream, or ``import:`` and a file.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    statement = _dead_letter(null()).order_by(DeadLetterRow.id.desc()).limit(limit)
    if reason is not None:
        statement = statement.where(DeadLetterRow.reason == reason)
    if before is not None:
        statement = statement.where(DeadLetterRow.id < before)
    if stream is not None:
        statement = statement.where(DeadLetterRow.stream == stream)
    return [StoredDeadLetter(*row) for row in connection.execute(statement)]


def dead_letter(connection: Connection, identity: int) -> StoredDeadLetter | None:
    """One dead letter with its message, or None if there is none of this id.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    statement = _dead_letter(DeadLetterRow.raw).where(DeadLetterRow.id == identity)
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredDeadLetter(*row)


def _dead_letter(raw: Any) -> Any:
    computed = {"size": func.octet_length(DeadLetterRow.raw), "raw": raw}
    names = (field.name for field in fields(StoredDeadLetter))
    return select(*(computed[name] if name in computed else getattr(DeadLetterRow, name) for name in names))
