"""How the spool's file is laid out, and a connection to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from trailkeeper.producer.errors import SpoolUnavailable

from .sqlite_errors import patiently

if TYPE_CHECKING:
    import sqlite3

Sync = Literal["full", "normal"]

OURS = 0x54724B70
"""`application_id` of our files, so that another program's database is never taken for one."""
VERSION = 1
PAGES_A_MB = 256
LOG_BYTES = 4 * 1024 * 1024

TABLES = (
    """CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        spooled_at INTEGER NOT NULL,
        place TEXT NOT NULL,
        tag TEXT NOT NULL,
        fields BLOB NOT NULL
    )""",
    "CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    # made beforehand: a full file can change a row, and not add one
    "INSERT INTO counts VALUES ('refused', 0)",
    f"PRAGMA application_id = {OURS}",
    f"PRAGMA user_version = {VERSION}",
)


class Limits(NamedTuple):
    """How large the file may become, and what a commit waits for.

    Attributes:
        max_mb: in MiB, without SQLite's log of some 4 MiB.
        sync: ``full``: the disk has it; ``normal``: the operating system has it.
    """

    max_mb: int = 256
    sync: Sync = "full"


def connect(path: Path, limits: Limits, deadline: float) -> sqlite3.Connection:
    """A connection to a file that is there, empty or one of ours. For any thread, one at a time.

    Raises:
        sqlite3.Error: it cannot be opened, or is damaged.
        SpoolUnavailable: it is another program's database, or one of a version to come.
    """
    import sqlite3  # noqa: PLC0415 - who never spools does not pay for it

    # never created here: SQLite would give it the rights that the umask leaves
    where = f"file:{quote(str(path))}?mode=rw"
    made = sqlite3.connect(where, timeout=0, isolation_level=None, check_same_thread=False, uri=True)
    try:
        patiently(lambda: _prepare(made, path, limits), deadline)
    except BaseException:
        made.close()
        raise
    return made


def _prepare(made: sqlite3.Connection, path: Path, limits: Limits) -> None:
    for pragma in (
        "auto_vacuum = INCREMENTAL",  # heeded by an empty file only
        "journal_mode = WAL",
        f"synchronous = {limits.sync}",
        f"max_page_count = {limits.max_mb * PAGES_A_MB}",
        f"journal_size_limit = {LOG_BYTES}",
    ):
        made.execute(f"PRAGMA {pragma}").fetchall()
    if not _is_ours(made, path):
        _create(made, path)


def _is_ours(made: sqlite3.Connection, path: Path) -> bool:
    application, version, tables = (
        made.execute(query).fetchone()[0]
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_schema",
        )
    )
    if application != OURS and tables:
        raise SpoolUnavailable(f"{path} is another program's database; name another in TRAILKEEPER_SPOOL")
    if application == OURS and version != VERSION:
        raise SpoolUnavailable(f"{path} is of version {version}; this release knows {VERSION}")
    return bool(tables)


def _create(made: sqlite3.Connection, path: Path) -> None:
    made.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(made, path):  # another process may have been faster
            for statement in TABLES:
                made.execute(statement)
        made.execute("COMMIT")
    except BaseException:
        if made.in_transaction:
            made.execute("ROLLBACK")
        raise
