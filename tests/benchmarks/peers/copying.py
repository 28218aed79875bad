"""The limit: COPY of ready rows by one connection, a thousand a commit, nothing else to do."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg2
import psycopg2.extensions

from tests.benchmarks.machine import Machine
from tests.support.databases import raw_engine
from trailkeeper.models.writing import COLUMNS

NAMES = ", ".join(COLUMNS)
A_COMMIT = 1_000
READ_BYTES = 1 << 18


def stored_rows(machine: Machine) -> list[bytes]:
    """The rows that our table holds, in COPY's text format, in the order of their ids, by thousands."""
    text = io.BytesIO()
    with _connection(machine, "ours") as connection, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {NAMES} FROM events ORDER BY id) TO STDOUT", text)
    lines = iter(text.getvalue().splitlines(keepends=True))
    return [b"".join(some) for some in iter(lambda: list(itertools.islice(lines, A_COMMIT)), [])]


def copy_rate(machine: Machine, batches: Sequence[bytes]) -> float:
    """Rows a second into an empty table."""
    machine.empty("copy")
    rows = sum(batch.count(b"\n") for batch in batches)
    with _connection(machine, "copy") as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        for batch in batches:
            cursor.copy_expert(f"COPY events ({NAMES}) FROM STDIN", io.BytesIO(batch), READ_BYTES)
            connection.commit()
        return rows / (time.perf_counter() - began)


@contextmanager
def _connection(machine: Machine, database: str) -> Iterator[psycopg2.extensions.connection]:
    """A connection of the driver itself."""
    engine = raw_engine(machine.database_url(database))
    positional, named = engine.dialect.create_connect_args(engine.url)
    with closing(psycopg2.connect(*positional, **named)) as connection:
        yield connection
