"""Move the tables of a database that was migrated before they had a schema of their own.

Up to step 0006 they went wherever the connection's `search_path` led, mostly into `public`, beside the
application's. Our version table says that there are tables of ours: those of the baseline, and the
partitions of our `events`. A table that only has one of our names is not touched.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from .errors import StoreMisconfigured
from .partitions.known import DOOMED
from .tables import VERSION_TABLE, Base

BASELINE = "0006"
"""The last step of databases whose tables have no schema of their own."""

UNRELEASED = ("0001", "0002", "0003", "0004", "0005")
"""Steps that led to the baseline and of which no version was released."""

TABLES = (
    *("events", "locations", "clients", "outbox", "dead_letters"),
    *("purges", "scrubs", "scrub_marks", "erasures", "holds"),
    *("orders", "backfills", "backfill_files", "backfill_blocks"),
    *("producers", "tallies", "coverage", "gaps", VERSION_TABLE),
)
"""The tables of the baseline."""

_VERSION_TABLES = text("""
    SELECT nspname, quote_ident(nspname) AS quoted, pg_table_is_visible(pg_class.oid) AS visible
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relname = :table AND relkind = 'r' AND nspname <> :schema AND relpersistence = 'p'
       AND has_schema_privilege(relnamespace, 'USAGE') AND has_table_privilege(pg_class.oid, 'SELECT')
     ORDER BY visible DESC, nspname
""")
_TREE = text("""
    WITH RECURSIVE tree AS (
        SELECT oid, relname FROM pg_class
         WHERE relnamespace = to_regnamespace(:quoted) AND relkind IN ('r', 'p')
           AND (relname = ANY(:tables)
                OR (relname LIKE 'events\\_%' AND obj_description(oid, 'pg_class') = :doomed))
        UNION
        SELECT inhrelid, NULL FROM pg_inherits JOIN tree ON inhparent = tree.oid
    )
    SELECT CAST(CAST(oid AS regclass) AS text), max(relname) FROM tree GROUP BY oid ORDER BY oid
""")
_NAMESAKES = text("""
    SELECT relname FROM pg_class
     WHERE relnamespace = to_regnamespace(quote_ident(:schema)) AND relname = ANY(:names) ORDER BY relname
""")


def relocate(connection: Connection, schema: str) -> str | None:
    """Move the tables into our schema; returns the one they were in, None if there are none to move.

    Args:
        connection: in a transaction, with our schema alone on its `search_path`.
        schema: ours.

    Raises:
        StoreMisconfigured: the schema has strangers' tables of our names, or it is not clear which are ours.
    """
    names = [*{*Base.metadata.tables, *TABLES}]
    namesakes = connection.scalars(_NAMESAKES, {"schema": schema, "names": names}).all()
    if VERSION_TABLE in namesakes:
        return None
    if namesakes:
        raise StoreMisconfigured(
            f"schema {schema} has tables that are not Trailkeeper's but have the names of its tables:"
            f" {', '.join(namesakes)}; set TRAILKEEPER_SCHEMA to another schema"
        )
    if (installation := _find(connection, schema)) is None:
        return None
    old, quoted, version = installation
    refuse_unreleased(version)
    into = connection.scalar(text("SELECT quote_ident(:schema)"), {"schema": schema})
    for table in _tables(connection, quoted):
        connection.execute(text(f"ALTER TABLE {table} SET SCHEMA {into}"))
    return old


def refuse_unreleased(version: str | None) -> None:
    """Raise `StoreMisconfigured` for a database at a step from which no migration leads on."""
    if version in UNRELEASED:
        raise StoreMisconfigured(
            f"the database is at step {version}, which was never part of a release and cannot be migrated;"
            " migrate an empty database, or restore a backup of a released version"
        )


def _find(connection: Connection, schema: str) -> tuple[str, str, str] | None:
    """The schema with our tables, its name quoted, and their version; the one on the `search_path` first."""
    ours = str(connection.scalar(text("SELECT current_setting('search_path')")))
    connection.execute(text("SET LOCAL search_path TO DEFAULT"))
    tables = connection.execute(_VERSION_TABLES, {"table": VERSION_TABLE, "schema": schema}).all()
    connection.execute(text("SELECT set_config('search_path', :ours, true)"), {"ours": ours})
    versions = [(row, _version(connection, row.quoted)) for row in tables]
    candidates = [(row, version) for row, version in versions if version in (*UNRELEASED, BASELINE)]
    if len(candidates) > 1 and not candidates[0][0].visible:
        places = ", ".join(row.nspname for row, _ in candidates)
        raise StoreMisconfigured(
            f"several schemas have tables of Trailkeeper: {places}; TRAILKEEPER_SCHEMA says which"
        )
    return next(((row.nspname, row.quoted, version) for row, version in candidates), None)


def _version(connection: Connection, quoted: str) -> str:
    versions = connection.scalars(text(f"SELECT version_num FROM {quoted}.{VERSION_TABLE}"))  # noqa: S608 - from the catalog
    return str(versions.one_or_none())


def _tables(connection: Connection, quoted: str) -> list[str]:
    """Every table to move, with its schema."""
    tables = connection.execute(_TREE, {"quoted": quoted, "tables": [*TABLES], "doomed": DOOMED}).all()
    if missing := set(TABLES) - {name for _, name in tables}:
        raise StoreMisconfigured(
            f"schema {quoted} is at step {BASELINE} but has no {', '.join(sorted(missing))}"
        )
    return [table for table, _ in tables]
