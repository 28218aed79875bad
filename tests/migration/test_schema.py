"""The schema that migrations build is the one that the tables declare."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateSchema

from tests.support.dumps import dump
from trailkeeper.models.engine import SCHEMA, make_engine, transaction
from trailkeeper.models.migrate import upgrade
from trailkeeper.models.partitions import ensure_ahead
from trailkeeper.models.tables import VERSION_TABLE, Base


def _dump(url: str) -> str:
    return dump(url, "--schema-only", f"--exclude-table={SCHEMA}.{VERSION_TABLE}")


def test_migrations_and_tables_build_the_same_schema(database_url: str, empty_database_url: str) -> None:
    engine = make_engine(empty_database_url, application_name="test")
    with transaction(engine) as connection:
        connection.execute(CreateSchema(SCHEMA))
        Base.metadata.create_all(connection)
    ensure_ahead(engine, datetime.now(UTC))
    engine.dispose()

    upgrade(database_url)  # should a month have begun since the template was made

    declared = _dump(empty_database_url)
    assert "PARTITION BY LIST (scope)" in declared
    assert _dump(database_url) == declared


def test_alembic_finds_nothing_to_migrate(database_url: str) -> None:
    engine = make_engine(database_url, application_name="test")
    ours = set(Base.metadata.tables)

    def only_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in ours

    with transaction(engine) as connection:
        options = {"include_name": only_ours, "compare_type": True, "version_table": VERSION_TABLE}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()

    assert found == []
