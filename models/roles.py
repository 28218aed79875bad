"""Roles of least privilege: groups that cannot log in, to be granted to those who do.

* ``trailkeeper_owner`` owns `events` and its partitions, and nothing else. To attach, detach or drop a
  partition one has to own it, so the writer is a member; a new partition belongs to it whoever makes it.
* ``trailkeeper_writer`` is for workers: what drains, purges, scrubs and backfills need.
* ``trailkeeper_operator`` is for who runs the command: what a writer may, and holds and erasures.
* ``trailkeeper_reader`` is for the views: reads, and submits admin commands for a worker to judge.
* ``trailkeeper_outbox`` is for applications: leaves messages in the outbox, and cannot read them.

What they may do with each table is in `privileges`. Roles belong to the cluster, privileges to a
database. So each migration ends by granting what is missing and taking away what is too much, in any
database of the cluster and for tables of later versions.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from .errors import StoreError
from .locks import MAKING_PARTITIONS, lock
from .privileges import OPERATOR, OWNER, ROLES, WRITER, MissingPrivilege, differences
from .tables import VERSION_TABLE, Base

EVENTS = "events"
NOT_ALLOWED = ("42501", "0LP01")  # insufficient privilege, invalid grant operation
THERE_ALREADY = ("42710", "23505")  # created by another migration on the same cluster, just now


def grant_missing(connection: Connection) -> list[MissingPrivilege]:
    """Create the roles, grant the privileges that are missing and take away what is too much.

    Args:
        connection: in a transaction, of whoever migrates.

    Returns:
        What whoever migrates may not grant. A superuser, or the database's owner with CREATEROLE, may
        grant all of it.

    Raises:
        StoreError: the database is away, or a lock was not released in time.
    """
    for role in _missing_roles(connection):
        _try(connection, f"CREATE ROLE {role} NOLOGIN")
    if any(True for _ in _unowned(connection)):
        # before any lock on a parent, as whoever makes partitions does
        lock(connection, MAKING_PARTITIONS)
    # in this order: to own tables, a role must be one of the migrator's and may create in the schema
    for lacking in (_memberships, _schema, _unowned, _tables):
        for privilege in lacking(connection):
            _try(connection, privilege.statement)
    return missing_privileges(connection)


def missing_privileges(connection: Connection) -> list[MissingPrivilege]:
    """The roles and privileges that are missing in this database.

    Raises:
        StoreError: the schema is missing, or the database is away.
    """
    if missing := _missing_roles(connection):
        return [MissingPrivilege(f"the role {role}", f"CREATE ROLE {role} NOLOGIN") for role in missing]
    return [
        privilege
        for lacking in (_memberships, _schema, _unowned, _tables)
        for privilege in lacking(connection)
        if CURRENT_USER not in privilege.statement
    ]


def make_login(connection: Connection, name: str, group: str) -> None:
    """Create a login without a password, which the embedded server trusts.

    Raises:
        StoreError: it cannot be created.
    """
    if not connection.scalar(text("SELECT to_regrole(:name)"), {"name": name}):
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
    connection.execute(text(f"GRANT {group} TO {name}"))


CURRENT_USER = "CURRENT_USER"


def _missing_roles(connection: Connection) -> list[str]:
    there = set(
        connection.scalars(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)"), {"roles": [*ROLES]}
        )
    )
    return [role for role in ROLES if role not in there]


def _memberships(connection: Connection) -> Iterator[MissingPrivilege]:
    ask = text("SELECT pg_has_role(CAST(:member AS name), CAST(:role AS name), 'USAGE')")
    if not connection.scalar(text("SELECT pg_has_role(CAST(:role AS name), 'USAGE')"), {"role": OWNER}):
        yield MissingPrivilege(f"membership in {OWNER}", f"GRANT {OWNER} TO {CURRENT_USER}")
    for member, role in ((WRITER, OWNER), (OPERATOR, WRITER)):
        if not connection.scalar(ask, {"member": member, "role": role}):
            yield MissingPrivilege(f"{member} as a member of {role}", f"GRANT {role} TO {member}")


def _schema(connection: Connection) -> Iterator[MissingPrivilege]:
    """The schema of our tables."""
    schema, quoted = connection.execute(_SCHEMA, {"events": EVENTS}).one()
    for role, privilege in (*((role, "USAGE") for role in ROLES), (OWNER, "CREATE")):
        if not connection.scalar(_HAS_SCHEMA, {"role": role, "schema": schema, "privilege": privilege}):
            what = f"{privilege} on schema {quoted}"
            yield MissingPrivilege(f"{what} for {role}", f"GRANT {what} TO {role}")


def _unowned(connection: Connection) -> Iterator[MissingPrivilege]:
    """`events` and what lies beneath it, parents first, as far as it belongs to somebody else."""
    for table in connection.scalars(_TREE, {"events": EVENTS, "owner": OWNER}).all():
        yield MissingPrivilege(f"{table} as a table of {OWNER}", f"ALTER TABLE {table} OWNER TO {OWNER}")


def _tables(connection: Connection) -> Iterator[MissingPrivilege]:
    below = connection.scalars(_TREE_OF, {"events": EVENTS, "owner": OWNER}).all()
    yield from differences(connection, [*Base.metadata.tables, VERSION_TABLE, *below])


def _try(connection: Connection, statement: str) -> None:
    """Execute it, unless we lack the privilege; any other error stops the migration."""
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except StoreError as error:
        if error.sqlstate not in (*NOT_ALLOWED, *THERE_ALREADY):
            raise


_HAS_SCHEMA = text("SELECT has_schema_privilege(CAST(:role AS name), CAST(:schema AS text), :privilege)")
_SCHEMA = text("""
    SELECT nspname, quote_ident(nspname)
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE pg_class.oid = to_regclass(:events)
""")
_BELOW = """
    WITH RECURSIVE tree AS (
        SELECT to_regclass(:events)::oid AS oid, 0 AS depth
        UNION ALL
        SELECT inhrelid, depth + 1 FROM pg_inherits JOIN tree ON inhparent = tree.oid
    )
    SELECT {} FROM tree JOIN pg_class ON pg_class.oid = tree.oid
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p') AND pg_get_userbyid(relowner) {} :owner
     ORDER BY depth, relname
"""
_TREE = text(_BELOW.format("format('%I.%I', nspname, relname)", "<>"))
_TREE_OF = text(_BELOW.format("relname", "="))
