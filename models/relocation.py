"""Move the tables of a database that was migrated before they had a schema of their own.

Up to step 0006 they went wherever the connection's `search_path` led, mostly into `public`, beside the
application's. Our version table says which of the tables there are ours: those that its steps have made, and
the partitions of our `events`. A table that only has one of our names is not touched.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from .errors import StoreMisconfigured
from .partitions.known import DOOMED
from .tables import VERSION_TABLE, Base

MADE_BY = {
    "0001": ("events", "locations", "clients", "dead_letters", "purges"),
    "0002": ("holds", "scrubs", "scrub_marks", "erasures"),
    "0003": ("backfills", "backfill_files", "backfill_blocks"),
    "0004": ("producers", "tallies", "coverage", "gaps"),
    "0005": ("outbox",),
    "0006": ("orders",),
}
"""The tables that each step made, before there was a schema of their own."""

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
    SELECT DISTINCT CAST(CAST(oid AS regclass) AS text), relname FROM tree
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
    names = {*Base.metadata.tables, VERSION_TABLE, *(name for made in MADE_BY.values() for name in made)}
    namesakes = connection.scalars(_NAMESAKES, {"schema": schema, "names": [*names]}).all()
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
    into = connection.scalar(text("SELECT quote_ident(:schema)"), {"schema": schema})
    for table in _tables(connection, quoted, version):
        connection.execute(text(f"ALTER TABLE {table} SET SCHEMA {into}"))
    return old


def _find(connection: Connection, schema: str) -> tuple[str, str, str] | None:
    """The schema with our tables, its name quoted, and their version; the one on the `search_path` first."""
    ours = str(connection.scalar(text("SELECT current_setting('search_path')")))
    connection.execute(text("SET LOCAL search_path TO DEFAULT"))
    tables = connection.execute(_VERSION_TABLES, {"table": VERSION_TABLE, "schema": schema}).all()
    connection.execute(text("SELECT set_config('search_path', :ours, true)"), {"ours": ours})
    versions = [(row, _version(connection, row.quoted)) for row in tables]
    candidates = [(row, version) for row, version in versions if version in MADE_BY]
    if len(candidates) > 1 and not candidates[0][0].visible:
        places = ", ".join(row.nspname for row, _ in candidates)
        raise StoreMisconfigured(
            f"several schemas have tables of Trailkeeper: {places}; TRAILKEEPER_SCHEMA says which"
        )
    return next(((row.nspname, row.quoted, version) for row, version in candidates), None)


def _version(connection: Connection, quoted: str) -> str:
    versions = connection.scalars(text(f"SELECT version_num FROM {quoted}.{VERSION_TABLE}"))  # noqa: S608 - from the catalog
    return str(versions.one_or_none())


def _tables(connection: Connection, quoted: str, version: str) -> list[str]:
    """Every table to move, with its schema, the version table last."""
    made = [name for step, tables in MADE_BY.items() if step <= version for name in tables] + [VERSION_TABLE]
    tables = connection.execute(_TREE, {"quoted": quoted, "tables": made, "doomed": DOOMED}).all()
    if missing := set(made) - {name for _, name in tables}:
        raise StoreMisconfigured(
            f"schema {quoted} is at step {version} but has no {', '.join(sorted(missing))}"
        )
    return [table for table, _ in tables]
