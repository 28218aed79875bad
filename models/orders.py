"""Orders: what admins ask for on pages and over the API, placed by the views and carried out by a worker.

An order is carried out in the transaction that settles it. So it is done once,
however often it is begun, and whatever dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from .errors import translated
from .tables import Order

ACTIONS = ("enrich", "replay", "preview_enrich", "preview_replay", "pause", "resume", "cancel", "discard")


@dataclass(frozen=True)
class StoredOrder:
    """An order as it stands.

    Attributes:
        action: one of `ACTIONS`.
        given: what it is about; the shape is the action's own.
        begun_at: when a worker last began with it.
        done_at: when it was settled; None while it waits.
        attempts: how often it was begun.
        outcome: what came of it: ``backfill_id``, ``count`` or ``preview``; or ``refused`` with ``why``.
    """

    id: UUID
    placed_at: datetime
    begun_at: datetime | None
    done_at: datetime | None
    attempts: int
    asked_by: str
    action: str
    given: dict[str, Any]
    outcome: dict[str, Any] | None


def place(
    connection: Connection, identity: UUID, *, asked_by: str, action: str, given: Mapping[str, Any]
) -> StoredOrder:
    """Place an order, unless there is one of this id; returns the one that there is then.

    Raises:
        StoreMisconfigured: this role may not place orders.
    """
    values = {"id": identity, "asked_by": asked_by, "action": action, "given": dict(given)}
    with translated():
        connection.execute(insert(Order).values(values).on_conflict_do_nothing())
    found = find(connection, identity)
    assert found is not None
    return found


def find(connection: Connection, identity: UUID) -> StoredOrder | None:
    """One order, or None if there is none of this id."""
    return _one(connection, _select().where(Order.id == identity))


def waiting(connection: Connection, patience: timedelta) -> list[UUID]:
    """Orders that nobody has begun, or that were begun so long ago that whoever did is gone; oldest first."""
    statement = select(Order.id).where(Order.done_at.is_(None), _is_free(patience)).order_by(Order.placed_at)
    with translated():
        return list(connection.scalars(statement))


def begin(connection: Connection, identity: UUID, patience: timedelta) -> StoredOrder | None:
    """Note that we begin with an order; None if somebody else has, or it is settled."""
    free = (Order.id == identity, Order.done_at.is_(None), _is_free(patience))
    statement = (
        update(Order).where(*free).values(begun_at=func.clock_timestamp(), attempts=Order.attempts + 1)
    )
    with translated():
        begun = connection.execute(statement).rowcount == 1
    return find(connection, identity) if begun else None


def lock(connection: Connection, identity: UUID) -> bool:
    """Keep an order for this transaction; False where it is settled already, or somebody else has it."""
    statement = select(Order.id).where(Order.id == identity, Order.done_at.is_(None))
    with translated():
        return connection.scalar(statement.with_for_update(skip_locked=True)) is not None


def settle(connection: Connection, identity: UUID, outcome: Mapping[str, Any]) -> None:
    """Write down what came of an order, unless somebody did."""
    statement = update(Order).where(Order.id == identity, Order.done_at.is_(None))
    with translated():
        connection.execute(statement.values(outcome=dict(outcome), done_at=func.clock_timestamp()))


def forget(connection: Connection, age: timedelta) -> int:
    """Remove orders that were settled long ago; what they did is told by events. Returns how many."""
    with translated():
        return connection.execute(delete(Order).where(Order.done_at < func.now() - age)).rowcount


def _is_free(patience: timedelta) -> Any:
    return or_(Order.begun_at.is_(None), Order.begun_at < func.now() - patience)


def _select() -> Select[Any]:
    return select(*(getattr(Order, field.name) for field in fields(StoredOrder)))


def _one(connection: Connection, statement: Select[Any]) -> StoredOrder | None:
    with translated():
        row = connection.execute(statement).one_or_none()
    return None if row is None else StoredOrder(*row)
