"""Commands that admins give on pages and over the API: the views submit them, a worker runs them.

A command runs in the transaction that records its outcome. So it runs once, however often it is
started, and whatever dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from .tables import AdminCommandRow

ACTIONS = ("enrich", "replay", "preview_enrich", "preview_replay", "pause", "resume", "cancel", "discard")

_COLUMNS = AdminCommandRow.__table__.c


@dataclass(frozen=True)
class AdminCommand:
    """A command and its state.

    Attributes:
        action: one of `ACTIONS`.
        arguments: of the action, which says their shape.
        started_at: when a worker last started it.
        finished_at: when its outcome was recorded; None while it waits.
        attempts: how often it was started.
        outcome: ``backfill_id``, ``count`` or ``preview``; or ``refused`` with ``why``.
    """

    id: UUID
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    requested_by: str
    action: str
    arguments: dict[str, Any]
    outcome: dict[str, Any] | None


def submit(
    connection: Connection, command_id: UUID, *, requested_by: str, action: str, arguments: Mapping[str, Any]
) -> AdminCommand:
    """Insert a command, or return the one that has this id already.

    Raises:
        StoreMisconfigured: this role may not insert commands.
    """
    values = {
        "id": command_id,
        "requested_by": requested_by,
        "action": action,
        "arguments": dict(arguments),
    }
    connection.execute(insert(AdminCommandRow).values(values).on_conflict_do_nothing())
    submitted = find(connection, command_id)
    assert submitted is not None
    return submitted


def find(connection: Connection, command_id: UUID) -> AdminCommand | None:
    """One command, or None if there is none of this id."""
    statement = select(*(_COLUMNS[field.name] for field in fields(AdminCommand)))
    row = connection.execute(statement.where(_COLUMNS.id == command_id)).one_or_none()
    return None if row is None else AdminCommand(*row)


def waiting(connection: Connection, patience: timedelta) -> list[UUID]:
    """Commands that nobody has started, or nobody finished within *patience*; oldest first."""
    statement = select(_COLUMNS.id).where(_is_free(patience)).order_by(_COLUMNS.requested_at)
    return list(connection.scalars(statement))


def start(connection: Connection, command_id: UUID, patience: timedelta) -> AdminCommand | None:
    """Record that we start a command; None if another worker has, or if it is finished."""
    statement = update(AdminCommandRow).where(_COLUMNS.id == command_id, _is_free(patience))
    values = {"started_at": func.clock_timestamp(), "attempts": _COLUMNS.attempts + 1}
    is_started = connection.execute(statement.values(values)).rowcount == 1
    return find(connection, command_id) if is_started else None


def lock(connection: Connection, command_id: UUID) -> bool:
    """Lock a command for this transaction; False if it is finished, or another worker has it."""
    statement = select(_COLUMNS.id).where(_COLUMNS.id == command_id, _COLUMNS.finished_at.is_(None))
    return connection.scalar(statement.with_for_update(skip_locked=True)) is not None


def finish(connection: Connection, command_id: UUID, outcome: Mapping[str, Any]) -> None:
    """Record the outcome of a command, unless it has one."""
    statement = update(AdminCommandRow).where(_COLUMNS.id == command_id, _COLUMNS.finished_at.is_(None))
    connection.execute(statement.values(outcome=dict(outcome), finished_at=func.clock_timestamp()))


def delete_finished(connection: Connection, age: timedelta) -> int:
    """Delete commands that finished longer ago than *age*; events tell what they did. Returns how many."""
    return connection.execute(delete(AdminCommandRow).where(_COLUMNS.finished_at < func.now() - age)).rowcount


def _is_free(patience: timedelta) -> Any:
    is_silent = or_(_COLUMNS.started_at.is_(None), _COLUMNS.started_at < func.now() - patience)
    return _COLUMNS.finished_at.is_(None) & is_silent
