"""Bring a database to the schema of this version. Any number of processes may try at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateSchema

from .engine import LOCK_TIMEOUT_MS, SCHEMA, temporary_engine, transaction
from .errors import StoreMisconfigured
from .kept_secrets import ensure_secrets
from .locks import MAKING_PARTITIONS, MIGRATING, lock
from .partitions.manage import ensure_ahead
from .privileges import MissingPrivilege
from .relocation import refuse_unreleased, relocate
from .roles import grant_missing
from .tables import VERSION_TABLE

SCRIPTS = Path(__file__).parent / "migrations"
LONGEST_STEP_MS = 3_600_000  # an index over a large table takes its time; waiting for locks stays limited


@dataclass(frozen=True)
class Migration:
    """What a migration did.

    Attributes:
        before: the last step that the database had run; None of an empty one.
        moved_from: the schema from which tables of an earlier version were moved into ours.
        missing_privileges: what is missing of the roles, as whoever migrates may not give it.
    """

    before: str | None
    moved_from: str | None
    missing_privileges: list[MissingPrivilege]


def upgrade(url: str, schema: str = SCHEMA) -> Migration:
    """Run every step that is missing and grant_missing the roles, all or nothing; then make partitions ahead.

    Raises:
        StoreError: the database is away, or something was refused: nothing was changed, but for partitions
            ahead that are missing.
        ValueError: the URL is wrong.
    """
    options = {"application_name": "trailkeeper migrate", "statement_timeout_ms": LONGEST_STEP_MS}
    with temporary_engine(url, schema=schema, **options) as engine:
        with transaction(engine) as connection:
            _lock(connection)
            _make_schema(connection, schema)
            moved_from = relocate(connection, schema)
            before = revision(connection)
            refuse_unreleased(before)
            _run_steps(connection)
            ensure_secrets(connection)
            missing_privileges = grant_missing(connection)
        ensure_ahead(engine, datetime.now(UTC))
    return Migration(before, moved_from, missing_privileges)


def revision(connection: Connection) -> str | None:
    """The last step that a connected database has run, or None before the first."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def head() -> str:
    """The last step of this version."""
    return str(ScriptDirectory(str(SCRIPTS)).get_current_head())


def _lock(connection: Connection) -> None:
    """Wait until nobody else migrates or makes partitions, however long that takes them."""
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    lock(connection, MIGRATING)
    # before any lock on a parent, as whoever makes partitions does
    lock(connection, MAKING_PARTITIONS)
    connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))


def _make_schema(connection: Connection, schema: str) -> None:
    # asked first: who may not create schemas may not do so IF NOT EXISTS either
    if connection.scalar(text("SELECT to_regnamespace(quote_ident(:schema))"), {"schema": schema}) is None:
        connection.execute(CreateSchema(schema))


def _run_steps(connection: Connection) -> None:
    try:
        command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise StoreMisconfigured(f"the database is of another version of Trailkeeper: {error}") from error


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
