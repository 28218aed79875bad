"""What each role may do with each table, down to the columns; and the statements that make it so.

Nobody may alter what an event says: who did what to whom, when. The owner of `events` has taken the
right to change rows from itself, so that it can make and drop partitions and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, text

from .tables import VERSION_TABLE, Base
from .writing import DERIVATIONS

OWNER, WRITER, OPERATOR = "trailkeeper_owner", "trailkeeper_writer", "trailkeeper_operator"
READER, OUTBOX = "trailkeeper_reader", "trailkeeper_outbox"
ROLES = (OWNER, WRITER, OPERATOR, READER, OUTBOX)

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")

WHOLE: frozenset[str] = frozenset({"*"})
"""In the place of columns: all of them, also those of later versions."""

Columns: TypeAlias = frozenset[str]
Verbs: TypeAlias = Mapping[str, Columns]
Privileges: TypeAlias = Mapping[str, Verbs]
"""By role, then by verb, the columns; a role or verb that is not there may do nothing."""


class Held(NamedTuple):
    """What a role may do with a table: one verb, on some columns."""

    table: str
    role: str
    verb: str
    columns: Columns


@dataclass(frozen=True)
class MissingPrivilege:
    """A privilege that is missing or too much, and the statement that puts it right.

    Whoever types the statement has a search path of their own, so it names the schema of each table.
    """

    what: str
    statement: str


def _verbs(*whole: str, **columns: str) -> Verbs:
    """Verbs on whole tables, and those on the columns that a text names."""
    return dict.fromkeys(whole, WHOLE) | {
        verb.upper(): frozenset(names.split()) for verb, names in columns.items()
    }


REDUCED = f"""
    {" ".join(DERIVATIONS)} ip user_name actor_name on_behalf_of_name credential_id credential_label
    additional extras scrubbed_at scrubbed_by
"""
"""The columns of an event that are derived, or lose personal data."""

_DICTIONARY = _verbs("SELECT", "INSERT", "DELETE", update="unused_since")

WRITERS: dict[str, Verbs] = {
    "events": _verbs("SELECT", "INSERT", update=REDUCED),
    **dict.fromkeys(DERIVATIONS.values(), _DICTIONARY),
    "dead_letters": _verbs("SELECT", "INSERT", "DELETE", update="reason detail raw"),
    "outbox": _verbs("SELECT", "DELETE", update="payload invalid"),
    "stored_batches": _verbs("SELECT", "INSERT", "DELETE"),
    "producers": _verbs("SELECT", "INSERT"),
    "event_counts": _verbs("SELECT", "INSERT", "DELETE", update="sequences"),
    "coverage": _verbs("SELECT", "INSERT", update="highest sequences"),
    "gaps": _verbs("SELECT", "INSERT", update="reported_at closed_at sequences"),
    "admin_commands": _verbs("SELECT", "DELETE", update="started_at finished_at attempts outcome"),
    "backfills": _verbs(
        "SELECT",
        "INSERT",
        update="state started_at finished_at heartbeat_at due_at attempts throttle estimate cursor"
        " seen changed skipped rejected detail",
    ),
    "backfill_files": _verbs("SELECT", "INSERT", update="lines events complete read_at"),
    "backfill_blocks": _verbs("SELECT", "INSERT", "DELETE", update="content"),
    "purges": _verbs(
        "SELECT", "INSERT", "DELETE", update="finished_at retention_days before partitions events held holds"
    ),
    "scrubs": _verbs("SELECT", "INSERT", "DELETE", update="finished_at days before events held holds"),
    "scrub_marks": _verbs("SELECT", "INSERT", update="relation inserted policy"),
    "holds": _verbs("SELECT"),
    "erasures": _verbs("SELECT"),
    "erased_persons": _verbs("DELETE", select="recorded_at holds"),
    "import_secret": _verbs("SELECT"),
    VERSION_TABLE: _verbs("SELECT"),
}
OPERATORS: dict[str, Verbs] = {
    "holds": _verbs("SELECT", "INSERT", update="released_at released_by release_reason"),
    "erasures": _verbs(
        "SELECT",
        "INSERT",
        update="finished_at requested_by events dead_letters import_lines held holds receipt",
    ),
    "erased_persons": _verbs("SELECT", "INSERT", update="recorded_at key fingerprints holds"),
}
"""What an operator may do beyond what a writer may."""

NOT_SHOWN = {"backfill_blocks", "coverage", "erased_persons", "event_counts", "import_secret", "scrub_marks"}
READERS: dict[str, Verbs] = {
    **{name: _verbs("SELECT") for name in (*Base.metadata.tables, VERSION_TABLE) if name not in NOT_SHOWN},
    "outbox": _verbs(select="id created_at"),
    "admin_commands": _verbs("SELECT", insert="id requested_by action arguments"),
}
PARTITION: Privileges = {
    OWNER: _verbs("SELECT"),
    WRITER: _verbs("SELECT", "DELETE", update=REDUCED),
}
"""A partition of `events`, or a table between them: read and inserted into through `events`."""


def wanted(table: str) -> Privileges:
    """What each role may do with one of our tables, or a table beneath `events`."""
    if table != "events" and table not in Base.metadata.tables and table != VERSION_TABLE:
        return PARTITION
    return {
        OWNER: _verbs("SELECT") if table == "events" else {},
        WRITER: WRITERS.get(table, {}),
        OPERATOR: OPERATORS.get(table, {}),
        READER: READERS.get(table, {}),
        OUTBOX: _verbs(insert="payload invalid") if table == "outbox" else {},
    }


def differences(connection: Connection, tables: Iterable[str]) -> Iterator[MissingPrivilege]:
    """What the roles may do beyond what is wanted, or may not, table by table.

    Args:
        connection: to the database.
        tables: without their schema; those that are not there are passed over.
    """
    names = sorted(set(tables))
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    there = set(connection.scalars(_THERE, {"tables": names}))
    held = {(row.table, row.role, row.verb): row.columns for row in _held(connection, names)}
    for table in names:
        for role in ROLES if table in there else ():
            for verb in VERBS:
                may = held.get((table, role, verb), frozenset())
                should = wanted(table).get(role, {}).get(verb, frozenset())
                yield from _difference(Held(f"{schema}.{table}", role, verb, may), should)


def grant_on_partition(connection: Connection, table: str) -> None:
    """Let the roles do with a table that was made beneath `events` what they may do with all of these.

    Args:
        connection: in a transaction, of `OWNER`; of anybody else, nothing is done.
        table: its name.
    """
    if connection.scalar(text("SELECT current_user")) == OWNER:
        for difference in differences(connection, [table]):
            connection.execute(text(difference.statement))


def _difference(held: Held, should: Columns) -> Iterator[MissingPrivilege]:
    table, role, verb, may = held
    if may - should:
        # columns too: whoever takes the verb from a table takes it from each of its columns
        what = f"{verb} on {table}"
        yield MissingPrivilege(f"the revocation of {what} from {role}", f"REVOKE {what} FROM {role}")
        may = frozenset()
    if should - may:
        columns = "" if should == WHOLE else f" ({', '.join(sorted(should))})"
        what = f"{verb}{columns} ON {table}"
        yield MissingPrivilege(f"{verb}{columns} on {table} for {role}", f"GRANT {what} TO {role}")


def _held(connection: Connection, tables: list[str]) -> Iterator[Held]:
    for row in connection.execute(_HELD, {"tables": tables, "roles": [*ROLES]}):
        yield Held(row.table, row.role, row.verb, WHOLE if "*" in row.columns else frozenset(row.columns))


_THERE = text("""
    SELECT relname FROM pg_class
     WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relname = ANY (:tables)
       AND relkind IN ('r', 'p')
""")
_HELD = text("""
    WITH ours AS (
        SELECT oid, relname, relowner, relacl FROM pg_class
         WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relname = ANY (:tables)
           AND relkind IN ('r', 'p')
    ), given AS (
        SELECT relname, '*' AS of_column, (aclexplode(coalesce(relacl, acldefault('r', relowner)))).*
          FROM ours
        UNION ALL
        SELECT relname, CAST(attname AS text), (aclexplode(attacl)).*
          FROM ours JOIN pg_attribute ON attrelid = ours.oid
         WHERE attacl IS NOT NULL AND NOT attisdropped
    )
    SELECT relname AS table, rolname AS role, privilege_type AS verb, array_agg(of_column) AS columns
      FROM given JOIN pg_roles ON pg_roles.oid = grantee
     WHERE rolname = ANY (:roles)
     GROUP BY 1, 2, 3
""")
