"""The table `backfills`: insert, find, lock for one chunk, advance, end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Float, Select, case, delete, func, insert, null, select, update

from trailkeeper.models.tables import Backfill, BackfillBlock, BackfillFile

from .stored import CHANGES, ENDED, Advance, NoSuchBackfill, StoredBackfill, WrongState

_COUNTS = ("seen", "changed", "skipped", "rejected")
_COMPUTED = {
    "due_in": func.extract("epoch", Backfill.due_at - func.clock_timestamp()).cast(Float),
    "estimate": func.coalesce(Backfill.estimate, case((BackfillFile.complete, BackfillFile.events))),
    "file": BackfillFile.name,
    "digest": BackfillFile.digest,
    "lines": BackfillFile.lines,
    "complete": BackfillFile.complete,
}


def add(
    connection: Connection,
    *,
    kind: str,
    filters: Mapping[str, Any],
    requested_by: str,
    throttle: int | None = None,
    estimate: int | None = None,
) -> int:
    """Make a backfill that begins at once; returns its id."""
    values = {"kind": kind, "filters": dict(filters), "requested_by": requested_by, "throttle": throttle}
    statement = insert(Backfill).values(**values, estimate=estimate).returning(Backfill.id)
    return connection.execute(statement).scalar_one()


def find(connection: Connection, identity: int) -> StoredBackfill | None:
    """One backfill, or None if there is none of this id."""
    return _one(connection, _select().where(Backfill.id == identity))


def newest(connection: Connection, *, limit: int = 50, before: int | None = None) -> list[StoredBackfill]:
    """Those made last, or those made before the one with id *before*; newest first."""
    statement = _select().order_by(Backfill.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Backfill.id < before)
    return [StoredBackfill(*row) for row in connection.execute(statement)]


def lock(connection: Connection, identity: int) -> StoredBackfill | None:
    """A backfill for this transaction's chunk; None if there is none, or another worker has it."""
    statement = _select().where(Backfill.id == identity)
    # not the key's lock, which the command takes that adds lines meanwhile
    return _one(connection, statement.with_for_update(of=Backfill, skip_locked=True, key_share=True))


def wait_for(connection: Connection, identity: int) -> StoredBackfill | None:
    """A backfill for this transaction alone, after the chunk under way; None if there is none of this id.

    Raises:
        StoreUnavailable: that chunk takes longer than the lock time-out.
    """
    return _one(connection, _select().where(Backfill.id == identity).with_for_update(of=Backfill))


def stale(connection: Connection, silence: timedelta) -> list[int]:
    """Running backfills of which nothing was heard for some time although they were due."""
    quiet = func.now() - silence
    statement = select(Backfill.id).where(
        Backfill.finished_at.is_(None), Backfill.state == "running", Backfill.due_at < quiet
    )
    return list(connection.scalars(statement.order_by(Backfill.id)))


def advance(connection: Connection, identity: int, done: Advance, due_in: timedelta) -> None:
    """Note what a chunk did, in its own transaction."""
    counts = {name: getattr(Backfill, name) + getattr(done, name) for name in _COUNTS}
    started_at = func.coalesce(Backfill.started_at, func.now())
    _heard_of(connection, identity, due_in, **counts, cursor=done.cursor, started_at=started_at, detail=None)


def put_off(connection: Connection, identity: int, due_in: timedelta, why: str) -> None:
    """Begin no chunk for a while."""
    later = func.clock_timestamp() + due_in
    _update(connection, identity, heartbeat_at=func.clock_timestamp(), due_at=later, detail=why)


def count_attempt(connection: Connection, identity: int) -> None:
    """Count a chunk that begins after a silence; `advance` forgets them."""
    _update(connection, identity, attempts=Backfill.attempts + 1, due_at=func.clock_timestamp())


def forget_attempt(connection: Connection, identity: int) -> None:
    """Take one such attempt back: its worker lives, and could not do the chunk now."""
    _update(connection, identity, attempts=func.greatest(Backfill.attempts - 1, 0))


def change(connection: Connection, identity: int, action: str) -> StoredBackfill:
    """Do what an admin asks for: ``pause``, ``resume`` or ``cancel``, once the chunk under way has ended.

    Returns:
        The backfill as it was before.

    Raises:
        NoSuchBackfill: there is none of this id.
        WrongState: it is not in a state for that.
        StoreUnavailable: the chunk under way takes longer than the lock time-out.
    """
    backfill = wait_for(connection, identity)
    if backfill is None:
        raise NoSuchBackfill(f"no backfill has the id {identity}")
    states, becomes = CHANGES[action]
    if backfill.state not in states:
        raise WrongState(
            f"backfill {identity} is {backfill.state}; to {action} one it must be {' or '.join(states)}"
        )
    change_state(connection, identity, becomes)
    return backfill


def change_state(connection: Connection, identity: int, state: str, detail: str | None = None) -> None:
    """Bring it to a state. One that ends drops what still waits of an import's lines."""
    ended = func.now() if state in ENDED else null()
    _heard_of(connection, identity, timedelta(), state=state, detail=detail, finished_at=ended)
    if state in {"finished", "cancelled"}:
        connection.execute(delete(BackfillBlock).where(BackfillBlock.backfill_id == identity))


def _select() -> Select[Any]:
    names = (field.name for field in fields(StoredBackfill))
    columns = [_COMPUTED[name] if name in _COMPUTED else getattr(Backfill, name) for name in names]
    return select(*columns).outerjoin(BackfillFile, BackfillFile.backfill_id == Backfill.id)


def _one(connection: Connection, statement: Select[Any]) -> StoredBackfill | None:
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredBackfill(*row)


def _heard_of(connection: Connection, identity: int, due_in: timedelta, **values: Any) -> None:
    now = func.clock_timestamp()
    _update(connection, identity, **values, heartbeat_at=now, due_at=now + due_in, attempts=0)


def _update(connection: Connection, identity: int, **values: Any) -> None:
    connection.execute(update(Backfill).where(Backfill.id == identity).values(**values))
