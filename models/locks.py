"""Advisory locks that make whole jobs run once at a time, over all processes and machines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from .engine import transaction

_OURS = int.from_bytes(b"trail", "big") << 8  # so that an application in the same database does not collide

MIGRATING = _OURS | 1
MAKING_PARTITIONS = _OURS | 2
DROPPING_PARTITIONS = _OURS | 3
PURGING = _OURS | 4
HOLDING = _OURS | 5
"""Taken by whoever adds a hold; shared, by each transaction that removes or scrubs events."""
SCRUBBING = _OURS | 6
ERASING = _OURS | 7
COUNTING = _OURS | 8
"""Taken by whoever merges or moves counts; not by those who only add some."""

POLL_SECONDS = 0.05

_MAY_IDLE = text("""
    SELECT set_config(name, '0', true) FROM pg_settings
     WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
""")


@contextmanager
def advisory_lock(engine: Engine, key: int, *, wait_seconds: float = 0.0) -> Iterator[bool]:
    """Hold a lock for the time of the block, by an open transaction on a connection of its own.

    A lock of the session would stay on a pooler's connection after its holder is gone. The transaction has
    no snapshot and no lock on a table, so neither VACUUM nor DETACH PARTITION … CONCURRENTLY waits for it;
    it ends with the process.

    Args:
        engine: with a connection to spare.
        key: one of those above.
        wait_seconds: how long to try again while somebody else has it.

    Yields:
        Whether we have it.

    Raises:
        StoreError: the server is away; at the end of the block also where it took the lock from us.
    """
    give_up = time.monotonic() + wait_seconds
    with transaction(engine) as connection:
        connection.execute(_MAY_IDLE)
        # a wait in the server would keep a snapshot, for which DETACH … FINALIZE of the holder would wait
        while not (is_held := try_lock(connection, key)) and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)
        yield is_held


def lock(connection: Connection, key: int, *, shared: bool = False) -> None:
    """Take a lock until this transaction ends; wait for it as long as the transaction's limits allow."""
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    connection.execute(text(f"SELECT {function}(:key)"), {"key": key})


def try_lock(connection: Connection, key: int) -> bool:
    """Take a lock until this transaction ends; False if somebody else has it."""
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))
