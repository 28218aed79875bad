"""The servers that the settings name, for commands that use them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from trailkeeper.producer.errors import SettingsError
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.settings import settings as worker_settings

if TYPE_CHECKING:
    import redis
    from sqlalchemy import Engine

T = TypeVar("T")


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


def store(**options: Any) -> AbstractContextManager[Engine]:
    """An engine on the database, for one command; *options* are those of `models.engine.make_engine`."""
    from trailkeeper.worker.engines import engine_for  # noqa: PLC0415 - slow to import

    return engine_for(checked_settings(), "command", **options)


def of_each_stream(call: Callable[[redis.Redis, str], T]) -> list[T]:
    """What *call* returns for each stream, given a client and its key.

    Raises:
        SettingsError: it is not a URL of Redis.
        StreamUnavailable: one of them is away.
    """
    from trailkeeper.producer import redis_client  # noqa: PLC0415 - slow to import

    return redis_client.of_each_stream(worker_settings(), call)
