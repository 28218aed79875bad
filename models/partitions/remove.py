"""Remove a partition with all its events, without stopping anybody who reads or writes its siblings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from models.errors import translated
from models.locks import DROPPING_PARTITIONS

from .known import DOOMED, Partition, attached_names, existing, is_doomed, leftovers
from .periods import period_named


def drop(engine: Engine, partition: Partition) -> bool:
    """Remove a partition for good, and first whatever an earlier call did not come to the end of.

    It is marked, detached, then dropped. A process that dies in between leaves
    a marked table; the next call, for whichever partition, removes that too.

    Returns:
        Whether it was there.

    Raises:
        StoreUnavailable: somebody reads it for longer than the statement time-out. It is out of
            sight by then, or not touched yet; call again.
        StoreMisconfigured: no right to do so.
        ValueError: the name is not one of our partitions'.
    """
    name, parent = _names(partition)
    with _alone(engine) as connection:
        _finish_what_was_begun(connection)
        there = name in attached_names(connection)
        if there:
            connection.execute(text(f"COMMENT ON TABLE {name} IS '{DOOMED}'"))
            connection.execute(text(f"ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY"))
        _drop_leftovers(connection)
    return there


def _names(partition: Partition) -> tuple[str, str]:
    period = period_named(partition.name)
    if period is None:
        raise ValueError(f"{partition.name!r} is no partition's name; expected one like events_user_2026_11")
    return period.name, period.parent


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    with translated(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        # waiting is bounded by the statement time-out; given up sooner, every attempt would start anew
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": DROPPING_PARTITIONS})
        try:
            yield connection
        finally:
            # the lock and the setting go with the session
            connection.invalidate()


def _finish_what_was_begun(connection: Connection) -> None:
    for partition in existing(connection):
        if partition.detaching and is_doomed(connection, partition.name):
            _, parent = _names(partition)
            connection.execute(text(f"ALTER TABLE {parent} DETACH PARTITION {partition.name} FINALIZE"))
    _drop_leftovers(connection)


def _drop_leftovers(connection: Connection) -> None:
    for name in leftovers(connection):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
