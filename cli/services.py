"""The servers that the settings name, for commands that use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trailkeeper.producer.errors import SettingsError
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.settings import settings as worker_settings

if TYPE_CHECKING:
    import redis
    from sqlalchemy import Engine


def database_url() -> str:
    """The database's URL.

    Raises:
        SettingsError: it is not a URL of a database that we can use.
    """
    from trailkeeper.models.engine import parse_url  # noqa: PLC0415 - slow to import

    url = worker_settings().database_url
    try:
        parse_url(url)
    except ValueError as error:
        raise SettingsError(f"TRAILKEEPER_DATABASE_URL: {error}") from error
    return url


def checked_settings() -> WorkerSettings:
    """The worker's settings, with a database URL that can be used.

    Raises:
        SettingsError: a setting is wrong.
    """
    database_url()
    return worker_settings()


@contextmanager
def store(*, statement_timeout_ms: int = 30_000) -> Iterator[Engine]:
    """An engine on the database, for one command."""
    from trailkeeper.models.engine import make_engine  # noqa: PLC0415 - slow to import

    engine = make_engine(
        database_url(),
        schema=worker_settings().schema,
        application_name="trailkeeper command",
        statement_timeout_ms=statement_timeout_ms,
    )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def stream() -> Iterator[tuple[redis.Redis, WorkerSettings]]:
    """A client of Redis, and the settings with the stream's name.

    Raises:
        SettingsError: it is not a URL of Redis.
    """
    from trailkeeper.producer.redis_client import connect  # noqa: PLC0415 - slow to import

    settings = worker_settings()
    try:
        client = connect(settings.redis_url)
    except ValueError as error:
        raise SettingsError(f"TRAILKEEPER_REDIS_URL: {error}") from error
    with client:
        yield client, settings
