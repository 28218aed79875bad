"""Connections to Postgres, each with time limits from its first moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import translated

DRIVER = "postgresql+psycopg2"
CONNECT_SECONDS = 5
POOL_SECONDS = 10


def make_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int = 2,
    statement_timeout_ms: int = 30_000,
    lock_timeout_ms: int = 5_000,
) -> Engine:
    """An engine that connects when it is first used. Make it after a fork, never before.

    Args:
        url: ``postgresql+psycopg2://user:password@host/database``.
        application_name: what ``pg_stat_activity`` shows.
        pool_size: the most connections at once; one more waits at most ten seconds.
        statement_timeout_ms: the longest that one statement may run.
        lock_timeout_ms: the longest that a statement may wait for a lock.

    Raises:
        ValueError: the URL is none, or of another database or driver.
    """
    parsed = parse_url(url)
    limits = f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={lock_timeout_ms} -c timezone=UTC"
    return create_engine(
        parsed.difference_update_query(["options"]),
        connect_args=_connect_args(application_name, f"{_own_options(parsed)} {limits}".strip()),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end of the block, rolled back when it raises.

    Raises:
        StoreError: whatever Postgres or its driver had to say, translated.
    """
    with translated(), engine.begin() as connection:
        yield connection


def parse_url(url: str) -> URL:
    """A database URL taken apart.

    Raises:
        ValueError: it is none, or of another database or driver. Its password is not repeated.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"the database URL is none; expected {DRIVER}://user@host/database") from error
    if parsed.drivername != DRIVER:
        raise ValueError(f"the database URL begins with {parsed.drivername}://; expected {DRIVER}://")
    return parsed


def _own_options(url: URL) -> str:
    given = url.query.get("options", "")
    return given if isinstance(given, str) else " ".join(given)


def _connect_args(application_name: str, options: str) -> dict[str, Any]:
    # a server that vanished without a word is noticed within a minute, also by a connection that only waits
    return {
        "application_name": application_name,
        "connect_timeout": CONNECT_SECONDS,
        "options": options,
        "keepalives": 1,
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 45_000,
    }
