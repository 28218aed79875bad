"""Create the partitions that rows need, without blocking writers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from trailkeeper.models.engine import LOCK_TIMEOUT_MS, transaction
from trailkeeper.models.errors import LOCKED, StoreUnavailable
from trailkeeper.models.locks import MAKING_PARTITIONS, lock
from trailkeeper.models.periods import MONTHLY, Period, period_named, period_of
from trailkeeper.models.privileges import grant_on_partition
from trailkeeper.models.tables import SCOPES

from .finishing import drop_or_reattach
from .known import attach, attached_names, is_doomed, leftovers

RECENT = timedelta(days=31)

_AS_OWNER = text("""
    SELECT set_config('role', pg_get_userbyid(relowner), true)
      FROM pg_class
     WHERE oid = to_regclass(:parent) AND pg_get_userbyid(relowner) <> current_user
       AND pg_has_role(relowner, 'MEMBER')
""")
"""For this transaction."""


def ensure(engine: Engine, periods: Iterable[Period], *, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> list[str]:
    """Create the partitions that are missing. Any number of processes may do so at once.

    A partition is created as a table of its own and then attached, which does not
    block inserts into its siblings nor reads of them. One transaction per partition:
    those created before an error stay.

    Args:
        engine: the database.
        periods: for which partitions are needed.
        lock_timeout_ms: the longest to wait for a lock.

    Returns:
        The names of those that were created.

    Raises:
        StoreUnavailable: another process holds a lock for too long; try again. Its `sqlstate` is `LOCKED`.
        StoreMisconfigured: no schema, no privilege, or another table has the name.
    """
    wanted = sorted(set(periods))
    with transaction(engine) as connection:
        there = attached_names(connection)
    missing = [period for period in wanted if period.name not in there]
    return [period.name for period in missing if _make(engine, period, lock_timeout_ms)]


def beyond(
    engine: Engine, periods: Iterable[Period], most_old: int | None, now: datetime
) -> frozenset[Period]:
    """Those of some periods whose partitions would be more of the past than there may be.

    Args:
        engine: the database.
        periods: for which partitions are needed.
        most_old: how many partitions there may be whose time has been over for a month; None for any number.
        now: the present (aware).

    Raises:
        StoreError: the schema is missing, or the database is away.
    """
    if most_old is None:
        return frozenset()
    with transaction(engine) as connection:
        there = attached_names(connection)
    known = sum(is_past(period, now) for name in there if (period := period_named(name)) is not None)
    missing = sorted(
        (period for period in set(periods) if is_past(period, now) and period.name not in there),
        key=lambda period: period.start,
        reverse=True,  # the newest first: these are the likeliest to be meant
    )
    return frozenset(missing[max(0, most_old - known) :])


def ensure_ahead(engine: Engine, now: datetime, ahead: int = 3) -> list[str]:
    """Create the partitions of now and of the near future.

    Args:
        engine: the database.
        now: the present (aware).
        ahead: months to create for user events, after this one; other scopes get the next year.

    Returns:
        The names of those that were created.

    Raises:
        StoreError: as for `ensure`.
    """
    periods = []
    for scope in SCOPES:
        period = period_of(scope, now)
        periods.append(period)
        for _ in range(ahead if scope in MONTHLY else 1):
            period = period.next()
            periods.append(period)
    return ensure(engine, periods)


def is_past(period: Period, now: datetime) -> bool:
    """Whether its time has been over for a month, so that few events come for it."""
    return period.end < now - RECENT


def _make(engine: Engine, period: Period, lock_timeout_ms: int) -> bool:
    with transaction(engine) as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = {lock_timeout_ms}"))
        # before any lock on a parent, so that no one holds the parent and waits for this lock
        lock(connection, MAKING_PARTITIONS)
        if period.name in attached_names(connection):
            return False
        if not _clear_the_name(connection, period):
            return False
        _create_and_attach(connection, period)
        return True


def _clear_the_name(connection: Connection, period: Period) -> bool:
    """Finish what a purge that died left unfinished; any other table of this name is left alone.

    Returns:
        False if the partition was attached again because a hold names events of it.
    """
    if period.name in leftovers(connection):
        # whoever needs this partition may have locked counts, in a transaction that waits for this one
        return drop_or_reattach(connection, period.name, wait=False)
    if is_doomed(connection, period.name):
        raise StoreUnavailable(
            f"{period.name} is being dropped; it can be created again when that is done", LOCKED
        )
    return True


def _create_and_attach(connection: Connection, period: Period) -> None:
    # owned by the parent's owner, so that a role that may drop one partition may drop them all
    connection.execute(_AS_OWNER, {"parent": period.parent})
    # names come from Period: a scope of ours and digits
    connection.execute(text(f"CREATE TABLE {period.name} (LIKE {period.parent} INCLUDING ALL)"))
    grant_on_partition(connection, period.name)
    attach(connection, period)
