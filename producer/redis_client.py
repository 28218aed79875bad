"""A client of Redis for workers, pages and commands: one way to connect, one way to translate errors.

It stands in this package because workers and pages may not import each other, and both import this one.
`emit` has a client of its own (`transports`): a request waits for one deadline, whatever happens on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from .errors import SettingsError, StreamRefused, StreamUnavailable
from .redis_cluster import cluster_client
from .transports.shards import Shard, StreamSettings, shards_of
from .transports.url import UNREADABLE, is_cluster, is_sentinel, is_tls, options_of

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 2.0
IMPATIENT_SECONDS = 2.0
"""In place of `ANSWER_SECONDS` where there are several streams: the others wait meanwhile."""
SENTINEL_TRIES: dict[str, Any] = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "retry": Retry(NoBackoff(), 0),
}
"""How a Sentinel is asked: one that is silent, first in the list, delays whoever connects by no more."""


T = TypeVar("T")


class StreamFull(StreamUnavailable):
    """Redis is at its maxmemory: it answers, delivers and deletes, and refuses what needs memory."""


def connect(
    where: str | Shard, *, answer_seconds: float = ANSWER_SECONDS, connect_seconds: float = CONNECT_SECONDS
) -> redis.Redis:
    """A client that tries once, with time-outs of our own; the library's would wait 5 s ten times over.

    Args:
        where: the URL of a server; or a stream, as in a Cluster its key decides where it is.
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
    url, key = (where, "") if isinstance(where, str) else where
    if is_sentinel(url):
        return _of_sentinels(url, common)
    try:
        if is_cluster(url):
            return cluster_client(url, options_of(url), key, common)
        return redis.Redis.from_url(url, **common)
    except ValueError:
        raise SettingsError(UNREADABLE) from None


def answer_seconds_of(settings: StreamSettings) -> float:
    """The longest to wait for an answer of one of some streams."""
    return ANSWER_SECONDS if len(shards_of(settings)) == 1 else IMPATIENT_SECONDS


class StreamClients(AbstractContextManager["StreamClients"]):
    """A client of each stream.

    Args:
        settings: name the streams.
        answer_seconds: the longest to wait for an answer; `answer_seconds_of` them, if not given.
    """

    def __init__(self, settings: StreamSettings, answer_seconds: float | None = None) -> None:
        seconds = answer_seconds_of(settings) if answer_seconds is None else answer_seconds
        self._streams = [(shard, connect(shard, answer_seconds=seconds)) for shard in shards_of(settings)]

    def __exit__(self, *_: object) -> None:
        for _shard, client in self._streams:
            client.close()

    def each(self, call: Callable[[redis.Redis, str], T]) -> list[T]:
        """What *call* returns for each stream, given its client and key, in order.

        Raises:
            StreamUnavailable: a stream is away; nevertheless it was called for all those of other servers.
        """
        results, away, problems = list[T](), set[str](), list[StreamUnavailable]()
        for shard, client in self._streams:
            if shard.server in away:
                continue
            try:
                with redis_translated():
                    results.append(call(client, shard.key))
            except StreamUnavailable as error:
                problems.append(error)
                if not isinstance(error, StreamRefused):
                    away.add(shard.server)
        if problems:
            raise problems[0]
        return results


def of_each_stream(
    settings: StreamSettings, call: Callable[[redis.Redis, str], T], answer_seconds: float | None = None
) -> list[T]:
    """`StreamClients.each`, with clients for this one call."""
    with StreamClients(settings, answer_seconds) as streams:
        return streams.each(call)


class SentinelOptions(NamedTuple):
    """What a URL of Sentinels says, in the words of redis-py.

    Attributes:
        places: hosts and ports of the Sentinels.
        service: what they call the master.
        master: database and login there.
        asking: how the Sentinels are asked.
        tls: options of TLS for all of them; None without it.
    """

    places: Sequence[tuple[str, int]]
    service: str
    master: dict[str, Any]
    asking: dict[str, Any]
    tls: dict[str, Any] | None


def sentinel_options(url: str) -> SentinelOptions:
    """Read a URL of Sentinels.

    Raises:
        SettingsError: it cannot be read; never shows it, since it may hold a password.
    """
    try:
        options = options_of(url)
    except ValueError:
        raise SettingsError(UNREADABLE) from None
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")} if is_tls(url) else None
    login = {
        name: options[key]
        for name, key in (("username", "sentinel_username"), ("password", "sentinel_password"))
        if key in options
    }
    return SentinelOptions(
        options["sentinels"],
        options["service"],
        {name: options[name] for name in ("db", "username", "password") if name in options},
        {**SENTINEL_TRIES, **login, **_ssl(tls)},
        tls,
    )


def _of_sentinels(url: str, common: dict[str, Any]) -> redis.Redis:
    """A client of the master, which is asked for whenever a connection is opened."""
    options, sentinels = sentinel_options(url), cast(Any, Sentinel)
    sentinel = sentinels(options.places, sentinel_kwargs={**common, **options.asking})
    client: redis.Redis = sentinel.master_for(
        options.service, **common, **_ssl(options.tls), **options.master
    )
    return client


def _ssl(tls: dict[str, Any] | None) -> dict[str, Any]:
    return {} if tls is None else {**tls, "ssl": True}


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
