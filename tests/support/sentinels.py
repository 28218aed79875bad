"""A Redis that fails over: a master, its replica, and three Sentinels that watch them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import redis

from tests.support.ports import free_port
from tests.support.servers import started, valkey
from tests.support.waiting import until
from trailkeeper.cli.embedded.processes import Child
from trailkeeper.cli.embedded.redis import EmbeddedRedis

NAME = "mymaster"
QUORUM = 2
DOWN_AFTER_MS = 1_000


def sentineled(folder: Path) -> AbstractContextManager[SentineledRedis]:
    """All five, started in a new folder, for the time of the block."""
    return started(SentineledRedis, folder)


class SentineledRedis:
    """Five processes on the loopback.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self._servers = [valkey(folder / name) for name in ("one", "two")]
        self._sentinels = [_Sentinel(folder / f"sentinel-{number}") for number in range(3)]
        self._password = ""

    @property
    def url(self) -> str:
        """``redis+sentinel://…``."""
        places = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self._sentinels)
        return f"redis+sentinel://:{self._password}@{places}/{NAME}/0"

    @property
    def master(self) -> EmbeddedRedis:
        """The server that Sentinels name."""
        return next(server for server in self._servers if _port(server) == self._master_port())

    @property
    def replica(self) -> EmbeddedRedis:
        """The other one."""
        return next(server for server in self._servers if server is not self.master)

    def start(self) -> None:
        """Start all five; the replica has what the master has."""
        first, second = self._servers
        first.start()
        self._password = (first.folder / "password").read_text()
        (second.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        (second.folder / "password").write_text(self._password)
        second.start()
        for server in self._servers:
            self._may_follow(server)
        with redis.Redis.from_url(second.url) as client:
            client.replicaof("127.0.0.1", str(_port(first)))
            until(
                lambda: client.info("replication")["master_link_status"] == "up", what="the replica follows"
            )
        for sentinel in self._sentinels:
            sentinel.watch(_port(first), self._password)
        until(self._is_watched, what="the Sentinels know each other and the replica")

    def stop(self) -> None:
        """Kill everything that runs."""
        for process in (*self._sentinels, *self._servers):
            if process.is_running():
                assert process.pid is not None
                os.kill(process.pid, signal.SIGCONT)
                process.kill()

    def fail_over(self, _key: str = "", *, stop: bool = False) -> EmbeddedRedis:
        """Kill or only stop the master, and wait until the other one is named; returns the old one.

        Args:
            _key: as of a Cluster; here the master has all.
            stop: stop it only.
        """
        old, port = self.master, _port(self.master)
        if stop:
            os.kill(old.pid, signal.SIGSTOP)
        else:
            old.kill()
        until(lambda: self._master_port() != port, 60, "another master is named")
        return old

    def silence_a_sentinel(self) -> None:
        """Stop the first one; whoever asks it waits."""
        first = self._sentinels[0]
        assert first.pid is not None
        os.kill(first.pid, signal.SIGSTOP)

    def start_again(self, server: EmbeddedRedis) -> None:
        """Start one that was killed; Sentinels make it a replica."""
        server.start()
        self._may_follow(server)

    def is_whole(self) -> bool:
        """Whether the replica has all that the master has."""
        try:
            with redis.Redis.from_url(self.replica.url, socket_timeout=2) as client:
                return bool(client.info("replication").get("master_link_status") == "up")
        except redis.RedisError:
            return False

    def _may_follow(self, server: EmbeddedRedis) -> None:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("masterauth", self._password)

    def _master_port(self) -> int:
        with self._sentinels[-1].asked() as client:
            place: Any = client.sentinel_get_master_addr_by_name(NAME)
            return int(place[1])

    def _is_watched(self) -> bool:
        for sentinel in self._sentinels:
            with sentinel.asked() as client:
                seen: Any = client.sentinel_master(NAME)
            if (seen["num-slaves"], seen["num-other-sentinels"]) != (1, len(self._sentinels) - 1):
                return False
        return True


class _Sentinel(Child):
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        self._configuration = folder / "sentinel.conf"
        command = [str(valkey(folder).binary), str(self._configuration), "--sentinel"]
        super().__init__(
            "sentinel", command, log=folder / "log", records=folder, environment=None, patience=1.0
        )

    def watch(self, port: int, password: str) -> None:
        """Start, watching the master at a port."""
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {self._configuration.parent}",
            f"sentinel monitor {NAME} 127.0.0.1 {port} {QUORUM}",
            f"sentinel auth-pass {NAME} {password}",
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {NAME} 5000",
        ]
        self._configuration.write_text("\n".join(lines) + "\n")
        self.start()

        def answers() -> bool:
            try:
                with self.asked() as client:
                    return bool(client.ping())
            except redis.RedisError:
                return False

        until(answers, what="the Sentinel answers")

    @contextmanager
    def asked(self) -> Iterator[redis.Redis]:
        """A client of it."""
        with redis.Redis(port=self.port, socket_timeout=2, decode_responses=True) as client:
            yield client


def _port(server: EmbeddedRedis) -> int:
    return int(server.url.rpartition(":")[2].partition("/")[0])
