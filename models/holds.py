"""Legal holds: events that they name are neither purged, scrubbed nor erased.

A hold on a user covers the events about the user, those the user did, and those
done on the user's behalf; not what staff or a service with the same id did. A
transaction that removes or scrubs events first takes the lock shared; one that adds a
hold takes it exclusively. So either the hold is seen, or it came after the events were gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from .locks import HOLDING, lock
from .tables import Hold

ABOUT = ("user", "project", "organization")
LONGEST_WAIT_MS = 20_000  # far above one batch of a purge

IN_FORCE = "released_at IS NULL AND (until IS NULL OR until > now())"

_NAMED = {
    "user": (
        "e.user_id = h.subject_id",
        # word for word the condition of the index
        "e.actor_id = h.subject_id AND e.actor_id IS DISTINCT FROM e.user_id AND e.actor_kind = 'user'",
        "e.on_behalf_of_id = h.subject_id",
    ),
    "project": ("e.project_id = h.subject_id",),
    "organization": ("e.organization_id = h.subject_id",),
}


def _held() -> str:
    columns = {"user": ("user_id", "actor_kind = 'user' AND e.actor_id", "on_behalf_of_id")}
    parts = [
        f"e.{column} IN (SELECT subject_id FROM holds WHERE about = '{about}' AND {IN_FORCE})"  # noqa: S608 - constants
        for about in ABOUT
        for column in columns.get(about, (f"{about}_id",))
    ]
    return f"coalesce({' OR '.join(parts)}, false)"


HELD = _held()
"""Whether a row ``e`` of `events` is held; never NULL. Each subquery is hashed once a statement."""


def wait_for_holds(connection: Connection) -> None:
    """Keep holds from being added until this transaction ends. Call it before reading any row."""
    lock(connection, HOLDING, shared=True)


def add(connection: Connection, **values: Any) -> Hold:
    """Add a hold, in force as soon as this transaction commits.

    Args:
        connection: in a transaction.
        **values: of the columns `about`, `subject_id`, `reason`, `until`, `added_by`.

    Raises:
        StoreUnavailable: a purge, scrub or erasure did not finish its batch in time.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}"))
    lock(connection, HOLDING)
    added = connection.execute(insert(Hold).values(values).returning(Hold.__table__))
    return Hold(**added.mappings().one())


def release(connection: Connection, identity: int, **values: Any) -> Hold | None:
    """Release a hold; None if there is none of this id, or it was released before.

    Args:
        connection: in a transaction.
        identity: of the hold.
        **values: of the columns `released_by` and `release_reason`.
    """
    statement = (
        update(Hold)
        .where(Hold.id == identity, Hold.released_at.is_(None))
        .values(values | {"released_at": text("now()")})
        .returning(Hold.__table__)
    )
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else Hold(**row)


def listing(connection: Connection, *, released: bool = False) -> list[Hold]:
    """Holds in force, by id; with *released*, also those that are not any more.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    columns = Hold.__table__.columns
    statement = select(*columns).order_by(Hold.id)
    if not released:
        statement = statement.where(text(IN_FORCE))
    return [Hold(**row) for row in connection.execute(statement).mappings()]


def any_in_force(connection: Connection) -> bool:
    """Whether any hold is in force; if none is, rows need not be checked."""
    return bool(connection.scalar(text(f"SELECT EXISTS (SELECT FROM holds WHERE {IN_FORCE})")))  # noqa: S608 - constants


def holds_of(
    connection: Connection, table: str, where: str = "true", values: Mapping[str, Any] | None = None
) -> list[int]:
    """The ids of holds in force that name rows of a table. Reads a few index entries per hold.

    Args:
        connection: to the database.
        table: `events` or a partition; never text from outside.
        where: a further condition on its rows ``e``; likewise.
        values: of the condition's parameters.
    """
    statement = f"SELECT h.id FROM holds AS h WHERE {IN_FORCE} AND ({_any_named(table, where)}) ORDER BY h.id"  # noqa: S608 - constants, and names from the catalog
    return [int(identity) for identity in connection.scalars(text(statement), values or {})]


def _any_named(table: str, where: str) -> str:
    ways = [
        f"(h.about = '{about}' AND EXISTS (SELECT FROM {table} AS e WHERE {named} AND {where}))"
        for about, conditions in _NAMED.items()
        for named in conditions
    ]
    return " OR ".join(ways)
