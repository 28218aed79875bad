"""A client of Redis for workers, pages and commands: one way to connect, one way to translate errors.

It stands in this package because workers and pages may not import each other, and both import this one.
`emit` has a client of its own (`transports`): a request waits for one deadline, whatever happens on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from .errors import SettingsError, StreamRefused, StreamUnavailable
from .transports.url import UNREADABLE, is_sentinel, is_tls, options_of

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 2.0
SENTINEL_TRIES: dict[str, Any] = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "retry": Retry(NoBackoff(), 0),
}
"""How a Sentinel is asked: one that is silent, first in the list, delays whoever connects by no more."""


class StreamFull(StreamUnavailable):
    """Redis is at its maxmemory: it answers, delivers and deletes, and refuses what needs memory."""


def connect(
    url: str, *, answer_seconds: float = ANSWER_SECONDS, connect_seconds: float = CONNECT_SECONDS
) -> redis.Redis:
    """A client that tries once, with time-outs of our own; the library's would wait 5 s ten times over.

    Args:
        url: of Redis.
        answer_seconds: the longest to wait for an answer.
        connect_seconds: the longest to wait for a connection.

    Raises:
        SettingsError: not a URL of Redis; never shows it, since it may hold a password.
    """
    common: dict[str, Any] = {
        "socket_timeout": answer_seconds,
        "socket_connect_timeout": connect_seconds,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    try:
        return _of_sentinels(url, common) if is_sentinel(url) else redis.Redis.from_url(url, **common)
    except ValueError:
        raise SettingsError(UNREADABLE) from None


def _of_sentinels(url: str, common: dict[str, Any]) -> redis.Redis:
    """A client of the master, which is asked for whenever a connection is opened."""
    options = options_of(url)
    places, service = options.pop("sentinels"), options.pop("service")
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")} | {"ssl": is_tls(url)}
    of_master = {name: options[name] for name in ("db", "username", "password") if name in options}
    sentinels: Any = Sentinel
    sentinel = sentinels(places, sentinel_kwargs={**common, **asking_sentinels(url)})
    client: redis.Redis = sentinel.master_for(service, **common, **tls, **of_master)
    return client


def asking_sentinels(url: str) -> dict[str, Any]:
    """What redis-py's connections to the Sentinels of a URL take."""
    options = options_of(url)
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    credentials = {
        name: options[key]
        for name, key in (("username", "sentinel_username"), ("password", "sentinel_password"))
        if key in options
    }
    return {**SENTINEL_TRIES, **credentials, **(tls | {"ssl": True} if is_tls(url) else {})}


@contextmanager
def redis_translated() -> Iterator[None]:
    """Turn Redis' errors into `StreamUnavailable`, chained to their cause."""
    try:
        yield
    except MasterNotFoundError as error:
        raise StreamUnavailable("no Sentinel that answers names a master") from error
    except redis.OutOfMemoryError as error:
        raise StreamFull(str(error)) from error
    except redis.ResponseError as error:
        raise StreamRefused(str(error)) from error
    except redis.RedisError as error:
        raise StreamUnavailable(str(error) or type(error).__name__) from error
