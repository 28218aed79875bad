"""Remove a partition with all its events, without stopping anybody who reads or writes its siblings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from trailkeeper.models.engine import pin_session, transaction
from trailkeeper.models.errors import translated
from trailkeeper.models.locks import DROPPING_PARTITIONS, MAKING_PARTITIONS
from trailkeeper.models.periods import period_named

from .known import DOOMED, Partition, attached_names, existing, is_doomed, leftovers
from .settle import settle


def drop(engine: Engine, partition: Partition) -> bool:
    """Remove a partition for good, and first whatever an earlier call did not come to the end of.

    It is marked, detached, then dropped. A process that dies in between leaves
    a marked table; the next call, for whichever partition, removes that too. Where
    a hold names events of it by then, it is attached again.

    Returns:
        Whether it was there and is gone.

    Raises:
        StoreUnavailable: somebody reads it for longer than the statement time-out. It is out of
            sight by then, or not touched yet; call again.
        StoreMisconfigured: no right to do so.
        ValueError: the name is not one of our partitions'.
    """
    name, parent = _names(partition)
    with _alone(engine) as connection:
        _finish_what_was_begun(engine, connection)
        if name not in attached_names(connection):
            return False
        connection.execute(text(f"COMMENT ON TABLE {name} IS '{DOOMED}'"))
        connection.execute(text(f"ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY"))
        return name in _settle_leftovers(engine, connection)


def finish(engine: Engine) -> list[str]:
    """Remove what earlier calls of `drop` did not come to the end of.

    Returns:
        The names of those that are gone.

    Raises:
        StoreError: as for `drop`.
    """
    with _alone(engine) as connection:
        return _finish_what_was_begun(engine, connection)


def _names(partition: Partition) -> tuple[str, str]:
    period = period_named(partition.name)
    if period is None:
        raise ValueError(f"{partition.name!r} is no partition's name; expected one like events_user_2026_11")
    return period.name, period.parent


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    with translated(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        pin_session(connection)
        # waiting is bounded by the statement time-out; given up sooner, every attempt would start anew
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": DROPPING_PARTITIONS})
        try:
            yield connection
        finally:
            # the lock and the setting go with the session
            connection.invalidate()


def _finish_what_was_begun(engine: Engine, connection: Connection) -> list[str]:
    for partition in existing(connection):
        if partition.detaching and is_doomed(connection, partition.name):
            _, parent = _names(partition)
            connection.execute(text(f"ALTER TABLE {parent} DETACH PARTITION {partition.name} FINALIZE"))
    return _settle_leftovers(engine, connection)


def _settle_leftovers(engine: Engine, connection: Connection) -> list[str]:
    return [name for name in leftovers(connection) if _settle(engine, name)]


def _settle(engine: Engine, name: str) -> bool:
    with transaction(engine) as connection:
        # before any lock on a parent, as whoever makes partitions does
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING_PARTITIONS})
        return name in leftovers(connection) and settle(connection, name)
