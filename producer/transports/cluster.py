"""The node of a Redis Cluster that has the stream: learned from how nodes answer, never asked for."""

from __future__ import annotations

from collections.abc import Sequence

from .sockets import Place

MOVED = "MOVED "


class ClusterNodes:
    """Where to look for one slot: at the node that is known to have it, or else at each that the URL names.

    For any number of threads: each change is one assignment, and one that is lost costs a redirection.

    Args:
        named: hosts and ports in the URL.
    """

    def __init__(self, named: Sequence[Place]) -> None:
        self.named = tuple(named)
        self._turn = 0
        self._owner: Place | None = None
        self._asked = self.named[0]

    def current(self) -> Place:
        """The node to ask now."""
        self._asked = self._owner or self.named[self._turn % len(self.named)]
        return self._asked

    def leave(self) -> None:
        """The node that was asked does not answer, or does not know: another one is asked next."""
        self._owner = None
        self._turn += 1

    def follow(self, answer: str) -> bool:
        """Whether an error names the node to ask instead, such as ``MOVED 3999 10.0.0.7:6379``."""
        if not answer.startswith(MOVED):
            return False
        host, _, port = answer.rpartition(" ")[2].rpartition(":")
        if not port.isdigit():
            return False
        self._owner = (host or self._asked[0], int(port))  # without a host: the same as the one that says so
        return True
