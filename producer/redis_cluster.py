"""redis-py's connection to the one node of a Cluster that has a stream.

Not redis-py's own client of a Cluster: all keys of a stream are on one node, where scripts and transactions
work as on a single server, and what is asked of a server (memory, clock, replicas) is asked of that node.
"""

from __future__ import annotations

from typing import Any

import redis
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    NoPermissionError,
    ReadOnlyError,
    TryAgainError,
)

from .transports.cluster import ClusterNodes
from .transports.url import is_tls

ELSEWHERE = (AskError, ClusterDownError, ReadOnlyError, TryAgainError)
"""How a node answers that does not have the stream now; MovedError is an AskError."""
MOST_REDIRECTIONS = 5


class OwnerConnection(redis.Connection):
    """A connection to the node that has a key, found whenever it is opened.

    Args:
        nodes: where to look; shared by all connections of a client.
        key: of the stream.
        **options: of redis-py's connection.
    """

    def __init__(self, *, nodes: ClusterNodes, key: str, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._nodes = nodes
        self._key = key

    def connect(self) -> None:
        """Connect to the node that has the key.

        Raises:
            ConnectionError: no node can be reached, or none says which has it.
        """
        if self._sock:
            return
        problem: redis.RedisError | None = None
        for _ in range(len(self._nodes.named) + MOST_REDIRECTIONS):
            self.host, self.port = self._nodes.current()
            try:
                self._connect_to_owner()
            except (redis.AuthenticationError, NoPermissionError):
                raise
            except redis.RedisError as error:
                problem = error
                self._note(error)
            else:
                return
        raise redis.ConnectionError(f"no node of the Cluster has the stream: {problem}")

    def read_response(self, *arguments: Any, **keywords: Any) -> Any:
        """The reply. A node that does not have the key any more is left; the next command finds another."""
        try:
            return super().read_response(*arguments, **keywords)
        except ELSEWHERE as error:
            self._note(error)
            self.disconnect()  # type: ignore[no-untyped-call]
            raise redis.ConnectionError(f"another node has the stream now: {error}") from error

    def _connect_to_owner(self) -> None:
        self.connect_check_health(retry_socket_connect=False)
        try:
            self.send_command("XLEN", self._key)  # type: ignore[no-untyped-call]
            super().read_response()
        except NoPermissionError:
            raise
        except ELSEWHERE:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise
        except redis.ResponseError:
            return  # the key is no stream: it is here nevertheless

    def _note(self, error: redis.RedisError) -> None:
        answer = f"MOVED {error.args[0]}" if isinstance(error, MovedError) else ""
        if not self._nodes.follow(answer):
            self._nodes.leave()


class OwnerSSLConnection(OwnerConnection, redis.SSLConnection):
    """The same, encrypted."""


def cluster_client(url: str, options: dict[str, Any], key: str, common: dict[str, Any]) -> redis.Redis:
    """A client of the node that has a key.

    Args:
        url: of the Cluster.
        options: what it says.
        key: of the stream.
        common: options of every connection.
    """
    nodes = ClusterNodes(options.pop("nodes"))
    kind = OwnerSSLConnection if is_tls(url) else OwnerConnection
    return redis.Redis.from_pool(
        redis.ConnectionPool(connection_class=kind, nodes=nodes, key=key, **common, **options)
    )
