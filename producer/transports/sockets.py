"""Sockets that are connected before a deadline."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

from .patience import remaining

Place = tuple[str, int]
"""A host and a port."""

KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""In seconds, seconds and probes: a dead idle connection breaks before it is used again."""


def over_tcp(place: Place, deadline: float) -> socket.socket:
    """A socket that is connected to the first address of a host that answers.

    Raises:
        OSError: none does, or not in time.
    """
    problem: OSError | None = None
    found = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        now = time.monotonic()
        # a silent one, such as of an IPv6 that leads nowhere, leaves the others their share of the time
        share = now + (deadline - now) / (len(found) - tried)
        try:
            return connected(tuned(socket.socket(family, kind, protocol)), address, share)
        except OSError as error:
            problem = error
    raise problem or OSError(f"{place[0]} has no address")


def connected(connection: socket.socket, place: Any, deadline: float) -> socket.socket:
    """The same socket, connected; or closed, with an `OSError`."""
    try:
        connection.settimeout(remaining(deadline))
        try:
            connection.connect(place)
        except TimeoutError:
            connection.getpeername()  # gevent looks at clocks first, and at sockets later
    except BaseException:
        connection.close()
        raise
    return connection


def tuned(connection: Any) -> Any:
    """The same socket, which sends at once and notices a dead peer."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not every system has all three
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection


def wrapped(plain: socket.socket, tls: ssl.SSLContext, host: str, deadline: float) -> socket.socket:
    """The same socket, encrypted; or closed, with an `OSError`."""
    try:
        plain.settimeout(remaining(deadline))
        return tls.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
