"""The layout of the spool's file, and connections to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from trailkeeper.producer.errors import SpoolUnavailable

from .sqlite_errors import retry_while_busy

if TYPE_CHECKING:
    import sqlite3

Sync = Literal["full", "normal"]

APPLICATION_ID = 0x54724B70
"""Marks our files, so that another program's database is never taken for a spool."""
VERSION = 1
PAGES_PER_MB = 256
WAL_BYTES = 4 * 1024 * 1024

TABLES = (
    """CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        spooled_at INTEGER NOT NULL,
        place TEXT NOT NULL,
        tag TEXT NOT NULL,
        fields BLOB NOT NULL
    )""",
    "CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    # made beforehand: a full file can change a row, but not add one
    "INSERT INTO counts VALUES ('refused', 0)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


class Limits(NamedTuple):
    """How large the file may become, and what a commit waits for.

    Attributes:
        max_mb: in MiB, without SQLite's write-ahead log of about 4 MiB.
        sync: ``full``: until it is on the disk; ``normal``: until the operating system has it.
    """

    max_mb: int = 256
    sync: Sync = "full"


def connect(path: Path, limits: Limits, deadline: float, *, alone: bool = False) -> sqlite3.Connection:
    """A connection to an existing file, empty or one of ours. For any thread, one at a time.

    Args:
        path: of the file.
        limits: see `Limits`.
        deadline: on `time.monotonic`'s clock.
        alone: keep all other processes out, which takes no file beside the database: those that share it
            share some memory, for which a full disk has no room.

    Raises:
        sqlite3.Error: it cannot be opened, or is damaged.
        SpoolUnavailable: it is another program's database, or of an unknown version.
    """
    import sqlite3  # noqa: PLC0415 - loaded only where something is spooled

    # never created here: SQLite would give it the permissions that the umask allows
    uri = f"file:{quote(str(path))}?mode=rw"
    connection = sqlite3.connect(uri, timeout=0, isolation_level=None, check_same_thread=False, uri=True)
    try:
        if alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        retry_while_busy(lambda: _prepare(connection, path, limits), deadline)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the block, or roll it back if it raises."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path, limits: Limits) -> None:
    """Writes to an empty file only: one of ours is opened on a full disk as well."""
    has_tables = _has_tables(connection, path)
    if not has_tables:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL").fetchall()
    for pragma in (
        "journal_mode = WAL",
        f"synchronous = {limits.sync}",
        f"max_page_count = {limits.max_mb * PAGES_PER_MB}",
        f"journal_size_limit = {WAL_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    if not has_tables:
        with transaction(connection):
            if not _has_tables(connection, path):  # another process may have been faster
                for statement in TABLES:
                    connection.execute(statement)


def _has_tables(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether it is a spool already; False for an empty file.

    Raises:
        SpoolUnavailable: it is another program's database, or of an unknown version.
    """
    # in this order: whoever makes the tables meanwhile commits all three at once
    queries = ("SELECT count(*) FROM sqlite_schema", "PRAGMA application_id", "PRAGMA user_version")
    tables, application, version = (connection.execute(query).fetchone()[0] for query in queries)
    if application != APPLICATION_ID and tables:
        raise SpoolUnavailable(f"{path} is another program's database; set another path in TRAILKEEPER_SPOOL")
    if application == APPLICATION_ID and version != VERSION:
        raise SpoolUnavailable(f"{path} is of version {version}; this release knows version {VERSION}")
    return bool(tables)
