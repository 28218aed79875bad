"""A month of real events in databases that are alike, and how long its removal takes in each way."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import text

from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.models.writing import COLUMNS, insert
from trailkeeper.producer.ids import uuid7

from .history_rows import FACTS_BEGIN, Facts
from .machine import Machine
from .timing import timed

PERIOD = period_of("user", datetime.now(UTC) - timedelta(days=100))
DAYS_SINCE = (datetime.now(UTC) - PERIOD.end).days
A_COMMIT = 10_000
WRITERS = 2
SCOPE = COLUMNS.index("scope") - FACTS_BEGIN
PAGE = 1 << 20

_FILES = f"""
    SELECT current_setting('data_directory') || '/' || pg_relation_filepath(found.oid) AS path
      FROM (SELECT '{PERIOD.name}'::regclass::oid AS oid
             UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = '{PERIOD.name}'::regclass) AS found
"""


def fill_month(machine: Machine, database: str, facts: Facts, count: int) -> None:
    """Empty a database, and put so many events of users into its month, as vacuumed as an old month is."""
    machine.say(f"purge: COPY of {count:,} events")
    machine.empty(database)
    engine = make_engine(
        machine.database_url(database),
        application_name="benchmark",
        pool_size=WRITERS,
        statement_timeout_ms=0,
    )
    ensure(engine, {PERIOD})
    rows = [row for row in facts.rows if row.split("\t", SCOPE + 1)[SCOPE] == PERIOD.scope]
    apart = (PERIOD.end - PERIOD.start) / count

    def write(start: int) -> None:
        chosen = Random(start).choices(rows, k=min(A_COMMIT, count - start))
        moments = [PERIOD.start + apart * (start + number) for number in range(len(chosen))]
        lines = [
            f"{uuid7(moment).int:032x}\t{moment.isoformat()}\t{row}"
            for moment, row in zip(moments, chosen, strict=True)
        ]
        with transaction(engine) as connection:
            insert(connection, lines)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(0, count, A_COMMIT)))
    engine.dispose()
    machine.query(database, "VACUUM (ANALYZE) events")
    machine.query(database, "CHECKPOINT")


def cooled(machine: Machine, database: str) -> None:
    """Let nothing of the month be in the system's memory: nobody has read it for long."""
    machine.query(database, "CHECKPOINT")
    for path in _files(machine, database):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measured(machine: Machine, call: Callable[[], object]) -> tuple[float, int]:
    """Seconds, and bytes of write-ahead log, of which the server writes nothing else meanwhile."""
    position = "SELECT pg_current_wal_insert_lsn()::text"
    before = machine.query("postgres", position)[0][0]
    seconds = timed(call)
    written = machine.query("postgres", f"SELECT pg_current_wal_insert_lsn() - '{before}'::pg_lsn")
    return seconds, int(written[0][0])


def executed(machine: Machine, database: str, *statements: str) -> tuple[float, int]:
    """What `measured` says of statements, each its own transaction, on a connection that is there already."""
    with machine.connection(database) as connection:

        def execute() -> None:
            for statement in statements:
                connection.execute(text(statement))

        connection.execute(text("SELECT 1"))
        return measured(machine, execute)


def unlinking_seconds(machine: Machine, database: str) -> float:
    """What the file system itself takes to remove as many files of the same sizes: the physical limit."""
    folder = machine.home / "as-large"
    folder.mkdir()
    made = [_as_large(folder / path.name, path.stat().st_size) for path in _files(machine, database)]

    def remove() -> None:
        for path in made:
            os.truncate(path, 0)  # as Postgres does, so that a file in use takes no room
            path.unlink()

    seconds = timed(remove)
    folder.rmdir()
    return seconds


def discards(folder: Path) -> bool:
    """Whether the file system tells the disk at once of every block that is not used any more."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    above = {str(place) for place in (folder, *folder.parents)}
    options = max((place, options) for _, place, _, options, *_ in mounts if place in above)[1]
    return "discard" in options.split(",")


def _files(machine: Machine, database: str) -> list[Path]:
    return [Path(found.path) for found in machine.query(database, _FILES) if Path(found.path).exists()]


def _as_large(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for start in range(0, size, PAGE):
            file.write(os.urandom(min(PAGE, size - start)))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return path
