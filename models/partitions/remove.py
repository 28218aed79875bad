"""Drop a partition with all its events, without blocking reads and writes of its siblings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from trailkeeper.models.engine import qualified, run_in_autocommit, statement_seconds, transaction
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.locks import DROPPING_PARTITIONS, MAKING_PARTITIONS, advisory_lock, lock
from trailkeeper.models.periods import period_named

from .finishing import drop_or_reattach
from .known import DOOMED, Partition, attached_names, existing, is_doomed, leftovers


def drop(engine: Engine, partition: Partition) -> bool:
    """Drop a partition, after finishing what earlier calls left unfinished.

    It is marked, detached, then dropped. A process that dies in between leaves
    a marked table, which the next call, for any partition, drops too. If a hold
    names events of it by then, it is attached again.

    Returns:
        Whether it existed and is gone.

    Raises:
        StoreUnavailable: someone reads it for longer than the statement timeout. It is either detached
            or untouched by then; call again.
        StoreMisconfigured: the role may not do so.
        ValueError: not the name of a partition.
    """
    name, parent = _names(partition)
    with _one_at_a_time(engine):
        _finish_removals(engine)
        if not _mark(engine, name):
            return False
        parent, leaf = qualified(engine, parent), qualified(engine, name)
        run_in_autocommit(engine, f"ALTER TABLE {parent} DETACH PARTITION {leaf} CONCURRENTLY")
        return name in _finish_removals(engine)


def finish(engine: Engine) -> list[str]:
    """Finish what earlier calls of `drop` left unfinished.

    Returns:
        The names of those that are gone.

    Raises:
        StoreError: as for `drop`.
    """
    with _one_at_a_time(engine):
        return _finish_removals(engine)


def _names(partition: Partition) -> tuple[str, str]:
    period = period_named(partition.name)
    if period is None:
        raise ValueError(
            f"{partition.name!r} is not a partition's name; expected one like events_user_2026_11"
        )
    return period.name, period.parent


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    # it may take the other process that long; giving up sooner would only mean starting over
    with advisory_lock(engine, DROPPING_PARTITIONS, wait_seconds=statement_seconds(engine)) as is_held:
        if not is_held:
            raise StoreUnavailable("another process is dropping partitions")
        yield


def _mark(engine: Engine, name: str) -> bool:
    """Mark a partition as being dropped; False if it is not attached."""
    with transaction(engine) as connection:
        is_attached = name in attached_names(connection)
        if is_attached:
            connection.execute(text(f"COMMENT ON TABLE {name} IS '{DOOMED}'"))
        return is_attached


def _finish_removals(engine: Engine) -> list[str]:
    with transaction(engine) as connection:
        # bounded by the statement timeout
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        for partition in existing(connection):
            if partition.detaching and is_doomed(connection, partition.name):
                _, parent = _names(partition)
                connection.execute(text(f"ALTER TABLE {parent} DETACH PARTITION {partition.name} FINALIZE"))
        names = leftovers(connection)
    return [name for name in names if _drop_or_reattach(engine, name)]


def _drop_or_reattach(engine: Engine, name: str) -> bool:
    with transaction(engine) as connection:
        # before any lock on a parent, in the same order as `manage`
        lock(connection, MAKING_PARTITIONS)
        return name in leftovers(connection) and drop_or_reattach(connection, name)
