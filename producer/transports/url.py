"""A Redis URL as redis-py reads it, without redis-py: nothing else of it is needed to emit.

Besides redis-py's, ``redis+sentinel://user:password@host:26379,host:26379/NAME/0``: the master that several
Sentinels call NAME, and its database; and ``redis+cluster://user:password@host:6379,host:6379``: a Cluster,
by some of its nodes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

SCHEMES = ("redis", "rediss", "unix")
SENTINEL = "+sentinel"
CLUSTER = "+cluster"
PORT = 6_379
SENTINEL_PORT = 26_379

UNREADABLE = (
    "the Redis URL cannot be read; expected one such as redis://:password@host:6379/0, with a "
    "port from 1 to 65535 and special characters in a password percent-encoded"
)
FALSE = {"0", "F", "FALSE", "N", "NO"}


def options_of(url: str) -> dict[str, Any]:
    """Place, credentials, database and the options of the query; what is not given is missing.

    Raises:
        ValueError: it is no such URL. The message may quote a part of a password.
    """
    parts = urlsplit(url)
    base = parts.scheme.removesuffix(SENTINEL).removesuffix(CLUSTER)
    if base not in SCHEMES or not url.partition(":")[2].startswith("//"):
        raise ValueError("not a scheme of Redis")
    options: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = options["ssl_check_hostname"].upper() not in FALSE
    for name, value in (("username", parts.username), ("password", parts.password)):
        if value:
            options[name] = unquote(value)
    if parts.scheme.endswith(SENTINEL):
        return options | _of_sentinels(parts, options.pop("db", None))
    if parts.scheme.endswith(CLUSTER):
        return options | _of_cluster(parts, options.pop("db", None))
    if parts.scheme == "unix":
        return options | {"path": unquote(parts.path)}
    database = unquote(parts.path).replace("/", "")
    options["db"] = int(options.get("db") or database or 0)
    if parts.port == 0 or options["db"] < 0:
        raise ValueError("not a port, or not a database")
    return options | {"host": unquote(parts.hostname or "localhost"), "port": parts.port or PORT}


def scheme_of(url: str) -> str:
    """What a URL begins with; of any text, as it reads no further."""
    return url.partition("://")[0].lower()


def bracketed(host: str) -> str:
    """A host as it stands in a URL, before a port."""
    return f"[{host}]" if ":" in host else host


def is_tls(url: str) -> bool:
    """Whether everything is encrypted, also what Sentinels are asked."""
    return scheme_of(url).startswith("rediss")


def is_sentinel(url: str) -> bool:
    """Whether it names Sentinels, which know the server."""
    return scheme_of(url).endswith(SENTINEL)


def is_cluster(url: str) -> bool:
    """Whether it names nodes of a Cluster, of which one has the stream."""
    return scheme_of(url).endswith(CLUSTER)


def _of_sentinels(parts: SplitResult, database: str | None) -> dict[str, Any]:
    service, _, number = unquote(parts.path).strip("/").partition("/")
    db = int(database or number or 0)
    if not service or parts.scheme.startswith("unix") or db < 0:
        raise ValueError("not a name of a master, or not a database")
    return {
        "sentinels": _hosts_and_ports(parts, SENTINEL_PORT),
        "service": service,
        "db": db,
    }


def _of_cluster(parts: SplitResult, database: str | None) -> dict[str, Any]:
    if parts.scheme.startswith("unix") or int(database or unquote(parts.path).strip("/") or 0):
        raise ValueError("a Cluster has one database, 0")
    return {"nodes": _hosts_and_ports(parts, PORT), "db": 0}


def _hosts_and_ports(parts: SplitResult, usual: int) -> list[tuple[str, int]]:
    return [_host_and_port(each, usual) for each in parts.netloc.rpartition("@")[2].split(",")]


def _host_and_port(text: str, usual: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if parts.port == 0 or not parts.hostname:
        raise ValueError("not a host and a port")
    return parts.hostname, parts.port or usual
