"""A Redis Cluster: three masters, each with a replica, that share the slots."""

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

MASTERS = 3
SLOTS = 16_384
NODE_TIMEOUT_MS = 1_000
PASSWORD = "cluster-password"


def clustered(folder: Path) -> AbstractContextManager[RedisCluster]:
    """All six, started in a new folder, for the time of the block."""
    return started(RedisCluster, folder)


class RedisCluster:
    """Six processes on the loopback.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.nodes = [Node(folder / f"node-{number}") for number in range(2 * MASTERS)]

    @property
    def url(self) -> str:
        """``redis+cluster://…``, with the masters of the beginning."""
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:MASTERS])
        return f"redis+cluster://:{PASSWORD}@{places}"

    def start(self) -> None:
        """Start all six, and wait until each knows who has which slots."""
        for node in self.nodes:
            node.start()
        first, *others = self.nodes
        masters, replicas = self.nodes[:MASTERS], self.nodes[MASTERS:]
        with first.asked() as client:
            for node in others:
                _run(client, "CLUSTER MEET", "127.0.0.1", node.port, node.bus_port)
        until(lambda: self._all_say("cluster_known_nodes", str(len(self.nodes))), what="all have met")
        for place, node in enumerate(masters):
            begin, end = place * SLOTS // MASTERS, (place + 1) * SLOTS // MASTERS - 1
            with node.asked() as client:
                _run(client, "CLUSTER ADDSLOTSRANGE", begin, end)
        for master, replica in zip(masters, replicas, strict=True):
            with replica.asked() as client:
                _run(client, "CLUSTER REPLICATE", master.id)
        until(lambda: self._all_say("cluster_state", "ok"), what="all slots are served")
        until(lambda: all(node.follows() for node in replicas), what="the replicas follow")

    def stop(self) -> None:
        """Kill everything that runs."""
        for node in self.nodes:
            if node.is_running():
                assert node.pid is not None
                os.kill(node.pid, signal.SIGCONT)
                node.kill()

    def owner_of(self, key: str) -> Node:
        """The node that has a key, as most nodes see it."""
        slot = self._slot(key)
        for node in self.nodes:
            if node.is_running() and node.has(slot):
                return node
        raise AssertionError(f"nobody has slot {slot}")

    def fail_over(self, key: str, *, stop: bool = False) -> Node:
        """Kill or only stop the node that has a key; returns it once another one has the key."""
        old, slot = self.owner_of(key), self._slot(key)
        if stop:
            assert old.pid is not None
            os.kill(old.pid, signal.SIGSTOP)
        else:
            old.kill()
        others = [node for node in self.nodes if node is not old]
        until(lambda: any(node.has(slot) for node in others), 60, "another node has the slot")
        return old

    def start_again(self, node: Node) -> None:
        """Start one that was killed; it becomes a replica."""
        node.start()

    def is_whole(self) -> bool:
        """Whether each master has a replica that has all that it has."""
        return sum(node.follows() for node in self.nodes) == len(self.nodes) - MASTERS

    def move(self, key: str) -> None:
        """Move the slot of a key, with all keys in it, to another master."""
        old, slot = self.owner_of(key), self._slot(key)
        new = next(node for node in self.nodes if node is not old and node.role() == "master")
        with old.asked() as source, new.asked() as target:
            _run(target, "CLUSTER SETSLOT", slot, "IMPORTING", old.id)
            _run(source, "CLUSTER SETSLOT", slot, "MIGRATING", new.id)
            while keys := _run(source, "CLUSTER GETKEYSINSLOT", slot, 100):
                _run(source, "MIGRATE", "127.0.0.1", new.port, "", 0, 5000, "AUTH", PASSWORD, "KEYS", *keys)
            for client in (target, source):
                _run(client, "CLUSTER SETSLOT", slot, "NODE", new.id)

    def _all_say(self, name: str, value: str) -> bool:
        return all(node.info(name) == value for node in self.nodes)

    def _slot(self, key: str) -> int:
        with next(node for node in self.nodes if node.is_running()).asked() as client:
            return int(_run(client, "CLUSTER KEYSLOT", key))


class Node(Child):
    """One server of a Cluster."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.port, self.bus_port = free_port(), free_port()
        configuration = folder / "server.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"cluster-port {self.bus_port}",
            f"dir {folder}",
            f"requirepass {PASSWORD}",
            f"masterauth {PASSWORD}",
            "appendonly yes",
            'save ""',
            "cluster-enabled yes",
            "cluster-config-file nodes.conf",
            f"cluster-node-timeout {NODE_TIMEOUT_MS}",
            "repl-diskless-sync-delay 0",
        ]
        configuration.write_text("\n".join(lines) + "\n")
        command = [str(valkey(folder).binary), str(configuration)]
        super().__init__("node", command, log=folder / "log", records=folder, environment=None, patience=1.0)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        super().start()
        until(lambda: self._said("PING"), what="the node answers")
        self.id = self._said("CLUSTER MYID")

    def info(self, name: str) -> Any:
        """A figure of CLUSTER INFO."""
        return (self._said("CLUSTER INFO") or {}).get(name)

    def has(self, slot: int) -> bool:
        """Whether it is the master of a slot, and says so."""
        for begin, end, master, *_ in self._said("CLUSTER SLOTS") or ():
            if begin <= slot <= end:
                return self.role() == "master" and int(master[1]) == self.port
        return False

    def role(self) -> str | None:
        """``master`` or ``slave``; None if it does not answer."""
        answer = self._said("ROLE")
        return None if answer is None else str(answer[0])

    def follows(self) -> bool:
        """Whether it is a replica with all that its master has."""
        answer: list[Any] = self._said("ROLE") or [""]
        return bool(answer[0] == "slave" and answer[3] == "connected")

    @contextmanager
    def asked(self) -> Iterator[redis.Redis]:
        """A client of it."""
        with redis.Redis(
            port=self.port, password=PASSWORD, socket_timeout=2, decode_responses=True, protocol=2
        ) as client:
            yield client

    def _said(self, command: str) -> Any:
        """What it answers; None if it does not."""
        try:
            with self.asked() as client:
                return _run(client, command)
        except redis.RedisError:
            return None


def _run(client: redis.Redis, *command: Any) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]  # as published
