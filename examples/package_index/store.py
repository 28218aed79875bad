"""The application's tables in one SQLite file, shared by the threads of the server."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, TypeVar

from .schema import SCHEMA

R = TypeVar("R")

BUSY_SECONDS = 10.0


class Store:
    """Lends each connection to one thread at a time, and keeps it for the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        with self._lent() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """All or nothing: committed at the end of the block, rolled back where it raises."""
        with self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Database(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """The same for statements that change nothing, which wait for nobody."""
        with self._lent() as connection:
            connection.execute("BEGIN")
            try:
                yield Database(connection)
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._open()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


class Database:
    """One transaction's statements."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *values: object) -> int:
        """Run a statement; the number of rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def all(self, kind: type[R], statement: str, *values: object) -> list[R]:
        """Rows as objects of *kind*, whose fields are the columns."""
        return [kind(**dict(row)) for row in self._connection.execute(statement, values)]

    def one(self, kind: type[R], statement: str, *values: object) -> R | None:
        """The first row as an object of *kind*, or None."""
        return next(iter(self.all(kind, statement, *values)), None)

    def value(self, statement: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        return next(iter(self.column(statement, *values)), None)

    def column(self, statement: str, *values: object) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self._connection.execute(statement, values)]


def new_id() -> str:
    """An id that no other thing has or will have."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """A secret that cannot be guessed."""
    return secrets.token_urlsafe(24)
