"""Connections to Postgres; each transaction begins by setting our schema and time limits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import methodcaller
from threading import TIMEOUT_MAX, Timer
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg2.extensions
from sqlalchemy import Connection, Engine, Row, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import READ_ONLY, StoreUnavailable, translate, translated
from .pinned import PinnedConnection
from .stored_json import decode_json

SCHEMA = "trailkeeper"
"""Where our tables are unless a setting names another schema."""

MAX_PORT = 65_535
DRIVER = "postgresql+psycopg2"
CONNECT_SECONDS = 5
POOL_SECONDS = 10
READ_BYTES = 1 << 18  # of the input of a COPY, at a time
LOCK_TIMEOUT_MS = 5_000
_after_commit: WeakKeyDictionary[Connection, list[Callable[[], object]]] = WeakKeyDictionary()
_SCHEMA_OPTION, _LIMIT_OPTION = "trailkeeper_schema", "trailkeeper_statement_ms"


def make_engine(
    url: str,
    *,
    application_name: str,
    schema: str = SCHEMA,
    pool_size: int = 2,
    statement_timeout_ms: int = 30_000,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
    idle_timeout_ms: int = 0,
    read_only: bool = False,
) -> Engine:
    """An engine that connects when it is first used. Make it after a fork, never before.

    Its statements raise `StoreError`, whoever executes them.

    Limits and schema are set at the beginning of each transaction and end with it: a pooler such as PgBouncer
    refuses them as startup options, and would hand session settings to somebody else. In autocommit mode
    they do not hold; see `run_in_autocommit`.

    Args:
        url: ``postgresql+psycopg2://user:password@host/database``.
        application_name: what ``pg_stat_activity`` shows.
        schema: the schema of our tables.
        pool_size: the most connections at once; one more waits at most ten seconds.
        statement_timeout_ms: the longest that one statement may run; 0 for no limit.
        lock_timeout_ms: the longest that a statement may wait for a lock.
        idle_timeout_ms: Postgres ends a transaction that gives it nothing to do for so long, and with it the
            locks of a process that is stopped or whose machine is gone; 0 for never.
        read_only: make all transactions read-only, whatever the role may do.

    Raises:
        ValueError: not a database URL, or one of another database or driver.
    """
    values = {
        "search_path": f"{_quoted(schema)}, pg_temp",
        "statement_timeout": statement_timeout_ms,
        "lock_timeout": lock_timeout_ms,
        "idle_in_transaction_session_timeout": idle_timeout_ms,
        "timezone": "'UTC'",
    } | ({"transaction_read_only": "on"} if read_only else {})
    settings = "; ".join(f"SET LOCAL {name} = {value}" for name, value in values.items())
    engine = create_engine(
        parse_url(url),
        connect_args=_connect_args(application_name, settings),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,  # after a restart of Postgres the first request is answered too
        use_native_hstore=False,  # or each connection begins with a look for it
        json_deserializer=decode_json,
        execution_options={_SCHEMA_OPTION: schema, _LIMIT_OPTION: statement_timeout_ms},
    )
    # each engine has a dialect of its own
    engine.dialect.do_begin = methodcaller("begin")  # type: ignore[method-assign, assignment]
    engine.dialect.do_ping = methodcaller("ping")  # type: ignore[method-assign, assignment]
    event.listen(engine, "handle_error", translate, retval=True)
    return engine


@contextmanager
def temporary_engine(url: str, **options: Any) -> Iterator[Engine]:
    """An engine as `make_engine` makes it, for as long as the block."""
    engine = make_engine(url, **options)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end of the block, rolled back when it raises.

    Raises:
        StoreError: any error of Postgres or its driver, translated.
    """
    with translated(), engine.begin() as connection:
        yield connection
    for call in _after_commit.pop(connection, ()):
        call()


def assert_commits(engine: Engine) -> None:
    """Return once Postgres has written a transaction to its disk, and to replicas that it waits for.

    Raises:
        StoreError: as for `transaction`.
    """
    with transaction(engine) as connection:
        # a message of the log changes nothing, and is written like a row
        connection.execute(text("SELECT pg_logical_emit_message(true, 'trailkeeper', '')"))


def after_commit(connection: Connection, call: Callable[[], object]) -> None:
    """Call something once a `transaction` is committed, such as to log what it did; not if it is not."""
    _after_commit.setdefault(connection, []).append(call)


def copy(connection: Connection, statement: str, content: io.BytesIO) -> None:
    """Run a COPY from or to *content*, in the transaction of this connection.

    Raises:
        StoreError: the transaction is spoilt.
    """
    assert connection.in_transaction()  # else the driver would run it by itself
    try:
        with translated(), cast(psycopg2.extensions.cursor, connection.connection.cursor()) as cursor:
            cursor.copy_expert(statement, content, READ_BYTES)
    except StoreUnavailable as error:
        if error.sqlstate == READ_ONLY:
            connection.invalidate(error)  # as `translate` does
        raise


def run_in_autocommit(engine: Engine, statement: str) -> Sequence[Row[Any]]:
    """Run one statement outside of a transaction, such as DETACH PARTITION … CONCURRENTLY.

    Our settings do not hold there: the statement has to name tables as `qualified` does, and a timer here
    cancels it at the time limit.

    Raises:
        StoreError: as for `transaction`; StoreUnavailable where it took longer than a statement may.
    """
    with translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.dbapi_connection
        canceller = Timer(statement_seconds(engine), driver.cancel)
        canceller.start()
        try:
            result = connection.exec_driver_sql(statement)
            return result.all() if result.returns_rows else []
        finally:
            canceller.cancel()
            # a late cancel request must not hit the next user of the connection
            canceller.join()


def statement_seconds(engine: Engine) -> float:
    """The longest that a statement may run."""
    return float(engine.get_execution_options()[_LIMIT_OPTION]) / 1000 or TIMEOUT_MAX


def qualified(engine: Engine, table: str) -> str:
    """A table of ours with its schema, for statements outside of a transaction."""
    return f"{_quoted(engine.get_execution_options()[_SCHEMA_OPTION])}.{table}"


def parse_url(url: str) -> URL:
    """Parse a database URL.

    Raises:
        ValueError: not a database URL, or one of another database or driver. The message has no password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"not a database URL; expected {DRIVER}://user@host/database") from error
    if parsed.port is not None and not 0 < parsed.port <= MAX_PORT:
        raise ValueError(f"the database URL has the port {parsed.port}; expected 1 to {MAX_PORT}")
    if "@" in (parsed.host or ""):  # the rest of a password, which the driver's errors would show
        raise ValueError("the database URL has an @ in its password; expected it percent-encoded, as %40")
    if parsed.drivername != DRIVER:
        raise ValueError(f"the database URL begins with {parsed.drivername}://; expected {DRIVER}://")
    return parsed


def _quoted(schema: str) -> str:
    return '"' + schema.replace('"', '""') + '"'


def _connect_args(application_name: str, settings: str) -> dict[str, Any]:
    # a server that vanished is noticed within a minute, even by an idle connection
    return {
        "application_name": application_name,
        "connection_factory": partial(PinnedConnection, settings=settings),
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 45_000,
    }
