"""The Redis of a room: one server, or several of which others take over when one is gone."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Protocol

from tests.support.clusters import RedisCluster
from tests.support.sentinels import SentineledRedis
from tests.support.servers import SERVERS, valkey
from tests.support.waiting import until
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.producer.settings import ProducerSettings
from trailkeeper.producer.transports.shards import Shard, shards_of

SHARDS = 3


class Redis(Protocol):
    """What holds the streams.

    Attributes:
        url: as applications are told.
        shards: how many streams.
        replicas: how many servers besides have to have an event.
        broker_url: where Celery's own messages go, if not there.
        is_one: whether it is one server, to which there is a network that can be cut.
    """

    shards: int
    replicas: int
    broker_url: str | None
    is_one: bool

    @property
    def url(self) -> str:
        """As applications are told."""

    def start(self) -> None:
        """Start it, or what of it was killed."""

    def stop(self) -> None:
        """End all of it."""

    def kill(self) -> None:
        """Kill who has the first stream; elsewhere another one takes over."""

    def hang(self) -> None:
        """Stop who has the first stream for as long as another needs to take over; several servers only."""

    def move(self) -> None:
        """Give the first stream to another node; of a Cluster only."""


class OneServer:
    """A server that is the only one."""

    shards, replicas, is_one = 1, 0, True
    broker_url: str | None = None

    def __init__(self, server: EmbeddedRedis) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """See `Redis.url`."""
        return self._server.url

    def start(self) -> None:
        """See `Redis.start`."""
        self._server.start()

    def stop(self) -> None:
        """See `Redis.stop`."""
        self._server.kill()

    kill = stop

    def hang(self) -> None:
        """It has no other."""
        raise NotImplementedError

    move = hang


class Several:
    """Servers of which another takes over; Celery has its own, if it cannot use these.

    Args:
        servers: not started.
        broker: of Celery; None to use the servers.
        shards: how many streams.
    """

    replicas, is_one = 1, False

    def __init__(
        self, servers: SentineledRedis | RedisCluster, broker: EmbeddedRedis | None = None, shards: int = 1
    ) -> None:
        self._servers = servers
        self._broker = broker
        self._killed: list[object] = []
        self.shards = shards
        self.broker_url: str | None = None

    @property
    def url(self) -> str:
        """See `Redis.url`."""
        return self._servers.url

    def start(self) -> None:
        """See `Redis.start`."""
        if self._killed:
            self._servers.start_again(self._killed.pop())  # type: ignore[arg-type]  # one of its own
            until(self._servers.is_whole, 60, "every replica follows")
            return
        if self._broker is not None:
            self.broker_url = self._broker.start()
        self._servers.start()

    def stop(self) -> None:
        """See `Redis.stop`."""
        self._servers.stop()
        if self._broker is not None:
            self._broker.kill()

    def kill(self) -> None:
        """See `Redis.kill`."""
        self._killed.append(self._servers.fail_over(self._first))

    def hang(self) -> None:
        """See `Redis.hang`."""
        pid = self._servers.fail_over(self._first, stop=True).pid
        assert pid is not None
        os.kill(pid, signal.SIGCONT)
        until(self._servers.is_whole, 60, "every replica follows")

    def move(self) -> None:
        """See `Redis.move`."""
        assert isinstance(self._servers, RedisCluster)
        self._servers.move(self._first)

    @property
    def _first(self) -> str:
        return streams_of(self)[0].key


def make_redis(kind: str, folder: Path) -> Redis:
    """The Redis that a plan asks for, not started.

    Args:
        kind: ``valkey``, ``redis_8``, ``sentinels`` or ``cluster``.
        folder: that does not exist.
    """
    if kind in SERVERS:
        return OneServer(SERVERS[kind](folder))
    folder.mkdir(parents=True)
    if kind == "sentinels":
        return Several(SentineledRedis(folder))
    return Several(RedisCluster(folder), valkey(folder / "broker"), SHARDS)


def streams_of(redis: Redis) -> tuple[Shard, ...]:
    """Its streams."""
    return shards_of(ProducerSettings(redis_url=redis.url, redis_shards=redis.shards))
