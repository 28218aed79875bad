"""Bring a database to the schema of this version. Any number of processes may try at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import CreateSchema

from .engine import SCHEMA, make_engine
from .errors import translated
from .locks import MIGRATING
from .partitions.manage import ensure_ahead
from .roles import Lack, settle
from .tables import VERSION_TABLE

SCRIPTS = Path(__file__).parent / "migrations"
LONGEST_STEP_MS = 3_600_000  # an index over a large table takes its time; waiting for locks stays limited


def upgrade(url: str, schema: str = SCHEMA) -> list[Lack]:
    """Run every step that is missing, settle the roles, then make the partitions of the near future.

    Returns:
        What is missing of the roles, as whoever migrates may not give it.

    Raises:
        StoreError: the database is away, or a step was refused; what was done so far stays done.
        ValueError: the URL is wrong.
    """
    with _engine(url, schema) as engine:
        with translated(), engine.connect() as connection, _alone(connection):
            connection.execute(CreateSchema(schema, if_not_exists=True))
            connection.commit()
            command.upgrade(_config(connection), "head")
            connection.commit()
            with connection.begin():
                lacks = settle(connection)
        ensure_ahead(engine, datetime.now(UTC))
    return lacks


def current(url: str, schema: str = SCHEMA) -> str | None:
    """The last step that a database has run, or None before the first.

    Raises:
        StoreError: the database is away.
        ValueError: the URL is wrong.
    """
    with _engine(url, schema) as engine, translated(), engine.connect() as connection:
        return revision(connection)


def revision(connection: Connection) -> str | None:
    """The last step that a connected database has run, or None before the first."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def head() -> str:
    """The last step of this version."""
    return str(ScriptDirectory(str(SCRIPTS)).get_current_head())


def is_current(url: str, schema: str = SCHEMA) -> bool:
    """Whether a database has run every step of this version and no other.

    Raises:
        StoreError: the database is away.
        ValueError: the URL is wrong.
    """
    return current(url, schema) == head()


@contextmanager
def _engine(url: str, schema: str) -> Iterator[Engine]:
    engine = make_engine(
        url, schema=schema, application_name="trailkeeper migrate", statement_timeout_ms=LONGEST_STEP_MS
    )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold a lock of the session and not of a transaction, so that a step may commit on its own."""
    connection.execute(text("SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATING})
    connection.execute(text("RESET lock_timeout"))
    connection.commit()
    try:
        yield
    finally:
        # the lock goes with the session, however the step ended
        connection.invalidate()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
