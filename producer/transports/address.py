"""The address of Redis, from its URL, and sockets that are connected before a deadline."""

from __future__ import annotations

import asyncio
import socket
import time
from asyncio import BaseProtocol
from collections.abc import Callable, Sequence
from contextlib import closing

from trailkeeper.producer.errors import SettingsError

from .cluster import ClusterNodes
from .patience import step_deadline
from .redis_errors import RefusedError
from .resp import authentication
from .sentinel import master_of
from .sockets import Place, connected, over_tcp, tuned, wrapped
from .tls import tls_of
from .url import UNREADABLE, bracketed, is_tls, options_of

IS_ELSEWHERE = ("READONLY", "LOADING", "MASTERDOWN", "MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN")
"""How a server answers that is no master any more, or not yet, or of a Cluster whose slots change."""

SENTINEL_SECONDS = 0.1
"""The longest to wait for one Sentinel, so that the next one is asked within the same budget; and for one
node of a Cluster to accept a connection."""

PAUSE_SECONDS = 0.02
"""Between two questions where the master is, while a new one is being elected."""
REDIRECTED_SECONDS = 0.001
"""The same where a node said it: not none, as two nodes may send us to each other for a while."""


class RedisAddress:
    """A server, database and credentials. Its text form contains no secret.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as redis-py reads it, or one of Sentinels or of a
            Cluster. Its time-outs and retries are ignored: each call has a deadline.

    Raises:
        SettingsError: the URL cannot be used; never shows it, since it may hold a password.
    """

    def __init__(self, url: str) -> None:
        try:
            options = options_of(url)
        except ValueError:
            # not chained: the cause may quote a password that a stray "/" or "@" made look like a port
            raise SettingsError(UNREADABLE) from None
        self._sentinels: Sequence[Place] = options.get("sentinels", ())
        self._turn = 0
        self._nodes = ClusterNodes(options["nodes"]) if "nodes" in options else None
        self._service: str = options.get("service", "")
        self._path: str | None = options.get("path")
        self._host: str = options.get("host", "")
        self._port: int = options.get("port", 0)
        self.database = int(options.get("db", 0))
        self._username: str | None = options.get("username")
        self._password: str | None = options.get("password")
        self._tls = tls_of(options) if is_tls(url) else None
        self._of_sentinels = authentication(
            options.get("sentinel_username"), options.get("sentinel_password")
        )

    def __str__(self) -> str:
        if self._sentinels:
            return f"{self._service} of {_listed(self._sentinels)}"
        if self._nodes:
            return f"the Cluster of {_listed(self._nodes.named)}"
        return self._path or f"{self._host}:{self._port}"

    def pause_after(self, error: BaseException) -> float | None:
        """Seconds until another server may have taken the place of the one that failed so.

        None if nothing tells that, or Redis is one server. A time-out has used up what time there was.
        """
        if not self._sentinels and not self._nodes:
            return None
        if self._nodes is not None:
            if self._nodes.follow(str(error)):
                return REDIRECTED_SECONDS
            self._nodes.leave()
        may_be_elsewhere = (
            str(error).startswith(IS_ELSEWHERE)
            if isinstance(error, RefusedError)
            else isinstance(error, OSError) and not isinstance(error, TimeoutError)
        )
        return PAUSE_SECONDS if may_be_elsewhere else None

    def greeting(self) -> list[tuple[bytes, ...]]:
        """The commands to send first on a new connection."""
        commands = authentication(self._username, self._password)
        if self.database:
            commands.append((b"SELECT", b"%d" % self.database))
        return commands

    def open(self, deadline: float) -> socket.socket:
        """A connected socket.

        Looking up a host name is the one wait that the deadline does not bound: the
        system's resolver has its own.

        Raises:
            OSError: it cannot be reached, or not in time.
        """
        if self._path is not None:
            return connected(socket.socket(socket.AF_UNIX), self._path, step_deadline(deadline))
        if self._nodes is not None:
            return self._open_node(self._nodes, step_deadline(deadline))
        place = self._master(step_deadline(deadline)) if self._sentinels else (self._host, self._port)
        return self._open_at(place, deadline)

    def _open_at(self, place: Place, deadline: float) -> socket.socket:
        plain = over_tcp(place, step_deadline(deadline))
        return plain if self._tls is None else wrapped(plain, self._tls, place[0], step_deadline(deadline))

    def _open_node(self, nodes: ClusterNodes, deadline: float) -> socket.socket:
        """The first node that accepts a connection; it says where the stream is, if not there.

        Raises:
            OSError: none does, or not in time.
        """
        problem: OSError | None = None
        for _ in range(len(nodes.named) + 1):
            try:
                return self._open_at(nodes.current(), min(deadline, time.monotonic() + SENTINEL_SECONDS))
            except OSError as error:
                problem = error
                nodes.leave()
                if time.monotonic() >= deadline:
                    break
        raise problem or OSError("there is no node")

    def _master(self, deadline: float) -> Place:
        """Where the master is now, as the first Sentinel says that answers, beginning with the last that did.

        Raises:
            OSError: none of them knows, or not in time.
        """
        problem: OSError | None = None
        for _ in self._sentinels:
            until = min(deadline, time.monotonic() + SENTINEL_SECONDS)
            try:
                with closing(self._open_at(self._sentinels[self._turn], until)) as asked:
                    return master_of(asked, self._service, self._of_sentinels, until)
            except OSError as error:
                problem = error
                # the next one first from now on: silent ones must not use up the time of every call
                self._turn = (self._turn + 1) % len(self._sentinels)
                if until == deadline:
                    break
        raise problem or OSError("there is no Sentinel")

    async def connect(self, protocol: Callable[[], BaseProtocol]) -> None:
        """Connect a protocol of the running event loop.

        Raises:
            OSError: it cannot be reached.
        """
        if self._path is not None:
            await asyncio.get_running_loop().create_unix_connection(protocol, self._path)
        elif self._nodes is not None:
            await self._connect_node(self._nodes, protocol)
        elif self._sentinels:
            deadline = time.monotonic() + SENTINEL_SECONDS * len(self._sentinels)
            await self._connect_to(await asyncio.to_thread(self._master, deadline), protocol)
        else:
            await self._connect_to((self._host, self._port), protocol)

    async def _connect_node(self, nodes: ClusterNodes, protocol: Callable[[], BaseProtocol]) -> None:
        problem: OSError | None = None
        for _ in range(len(nodes.named) + 1):
            try:
                async with asyncio.timeout(SENTINEL_SECONDS):
                    return await self._connect_to(nodes.current(), protocol)
            except OSError as error:
                problem = error
                nodes.leave()
        raise problem or OSError("there is no node")

    async def _connect_to(self, place: Place, protocol: Callable[[], BaseProtocol]) -> None:
        transport, _ = await asyncio.get_running_loop().create_connection(
            protocol, *place, ssl=self._tls, server_hostname=None if self._tls is None else place[0]
        )
        tuned(transport.get_extra_info("socket"))


def _listed(places: Sequence[Place]) -> str:
    """Sorted: the spool knows by this what it may deliver, whatever the order in a URL."""
    return ",".join(sorted(f"{bracketed(host)}:{port}" for host, port in places))
