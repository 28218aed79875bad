"""Advisory locks that make whole jobs run once at a time, over all processes and machines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from .engine import transaction

_OURS = int.from_bytes(b"trail", "big") << 8  # so as not to collide with an application in the same database

MIGRATING = _OURS | 1
MAKING_PARTITIONS = _OURS | 2
DROPPING_PARTITIONS = _OURS | 3
PURGING = _OURS | 4
HOLDING = _OURS | 5
"""Exclusive to add a hold; shared in each transaction that removes or scrubs events."""
SCRUBBING = _OURS | 6
ERASING = _OURS | 7
COUNTING = _OURS | 8
"""Taken to merge or move counts, not to add them."""

POLL_SECONDS = 0.05

_MAY_IDLE = text("""
    SELECT set_config(name, '0', true) FROM pg_settings
     WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
""")


@contextmanager
def advisory_lock(engine: Engine, key: int, *, wait_seconds: float = 0.0) -> Iterator[bool]:
    """Hold a lock during the block, by an open transaction on a connection of its own.

    A session lock would stay on the connection of a pooler after its holder is gone. This transaction has no
    snapshot and no table lock, so VACUUM and DETACH PARTITION … CONCURRENTLY do not wait for it, and it ends
    with the process.

    Args:
        engine: with one free connection.
        key: one of those above.
        wait_seconds: how long to retry while another process has it.

    Yields:
        Whether we hold it.

    Raises:
        StoreError: the server is away, or the connection and with it the lock was lost meanwhile.
    """
    give_up = time.monotonic() + wait_seconds
    with transaction(engine) as connection:
        connection.execute(_MAY_IDLE)
        # a wait in the server keeps a snapshot, for which the holder's DETACH … FINALIZE would wait
        while not (is_held := try_lock(connection, key)) and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)
        yield is_held


def lock(connection: Connection, key: int, *, shared: bool = False) -> None:
    """Take a lock until the end of this transaction; wait for it up to the lock timeout."""
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    connection.execute(text(f"SELECT {function}(:key)"), {"key": key})


def try_lock(connection: Connection, key: int) -> bool:
    """Take a lock until the end of this transaction; False if another process has it."""
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))
