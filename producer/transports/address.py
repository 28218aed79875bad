"""The address of Redis, from its URL, and sockets that are connected before a deadline."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from asyncio import BaseProtocol
from collections.abc import Callable
from typing import Any

from trailkeeper.producer.errors import SettingsError

from .patience import step_deadline
from .url import options_of

KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""In seconds, seconds and probes: a dead idle connection breaks before it is used again."""

VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
TLS_OPTIONS = {
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
}


class RedisAddress:
    """A server, database and credentials. Its text form contains no secret.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as redis-py reads it. Its time-outs and
            retries are ignored: each call has a deadline.

    Raises:
        SettingsError: the URL cannot be used; never shows it, since it may hold a password.
    """

    def __init__(self, url: str) -> None:
        try:
            options = options_of(url)
        except ValueError:
            # not chained: the cause may quote a password that a stray "/" or "@" made look like a port
            raise SettingsError(
                "the Redis URL cannot be read; expected one such as redis://:password@host:6379/0, with a "
                "port from 1 to 65535 and special characters in a password percent-encoded"
            ) from None
        self._path: str | None = options.get("path")
        self._host: str = options.get("host", "")
        self._port: int = options.get("port", 0)
        self.database = int(options.get("db", 0))
        self._username: str | None = options.get("username")
        self._password: str | None = options.get("password")
        self._tls = _tls(options) if url.lower().startswith("rediss://") else None

    def __str__(self) -> str:
        return self._path or f"{self._host}:{self._port}"

    def greeting(self) -> list[tuple[bytes, ...]]:
        """The commands to send first on a new connection."""
        commands = []
        if self._password is not None:
            credentials = [self._username, self._password] if self._username else [self._password]
            commands.append((b"AUTH", *(part.encode() for part in credentials)))
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
            return _connected(socket.socket(socket.AF_UNIX), self._path, step_deadline(deadline))
        plain = self._over_tcp(step_deadline(deadline))
        return plain if self._tls is None else _wrapped(plain, self._tls, self._host, step_deadline(deadline))

    async def connect(self, protocol: Callable[[], BaseProtocol]) -> None:
        """Connect a protocol of the running event loop.

        Raises:
            OSError: it cannot be reached.
        """
        loop = asyncio.get_running_loop()
        if self._path is not None:
            await loop.create_unix_connection(protocol, self._path)
            return
        host = None if self._tls is None else self._host
        transport, _ = await loop.create_connection(
            protocol, self._host, self._port, ssl=self._tls, server_hostname=host
        )
        _tuned(transport.get_extra_info("socket"))

    def _over_tcp(self, deadline: float) -> socket.socket:
        problem: OSError | None = None
        for family, kind, protocol, _, place in socket.getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM
        ):
            try:
                return _connected(_tuned(socket.socket(family, kind, protocol)), place, deadline)
            except OSError as error:
                problem = error
        raise problem or OSError(f"{self._host} has no address")


def remaining(deadline: float) -> float:
    """Seconds until *deadline* on `time.monotonic`'s clock.

    Raises:
        TimeoutError: it has passed.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time allowed is over")
    return seconds


def _connected(connection: socket.socket, place: Any, deadline: float) -> socket.socket:
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


def _tuned(connection: Any) -> Any:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not every system has all three
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection


def _wrapped(plain: socket.socket, tls: ssl.SSLContext, host: str, deadline: float) -> socket.socket:
    try:
        plain.settimeout(remaining(deadline))
        return tls.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _tls(options: dict[str, Any]) -> ssl.SSLContext:
    if unknown := sorted(name for name in options.keys() - TLS_OPTIONS if name.startswith("ssl_")):
        raise SettingsError(
            f"the Redis URL has {', '.join(unknown)}; expected some of {', '.join(sorted(TLS_OPTIONS))}"
        )
    if options.get("ssl_cert_reqs", "required") not in VERIFY:
        raise SettingsError(f"the Redis URL has a wrong ssl_cert_reqs; expected one of {', '.join(VERIFY)}")
    try:
        return _tls_context(options)
    except OSError as error:
        raise SettingsError(f"a certificate named in the Redis URL cannot be used: {error}") from error


def _tls_context(options: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=options.get("ssl_ca_certs"), capath=options.get("ssl_ca_path")
    )
    verify = VERIFY[options.get("ssl_cert_reqs", "required")]
    # in this order: a context that checks host names refuses CERT_NONE
    context.check_hostname = verify is ssl.CERT_REQUIRED and options.get("ssl_check_hostname", True)
    context.verify_mode = verify
    if certificate := options.get("ssl_certfile"):
        context.load_cert_chain(certificate, options.get("ssl_keyfile"), options.get("ssl_password"))
    return context
