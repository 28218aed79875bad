"""A Redis URL as redis-py reads it, without redis-py: nothing else of it is needed to emit."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES = ("redis", "rediss", "unix")
FALSE = {"0", "F", "FALSE", "N", "NO"}


def options_of(url: str) -> dict[str, Any]:
    """Place, credentials, database and the options of the query; what is not given is missing.

    Raises:
        ValueError: it is no such URL. The message may quote a part of a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not url.partition(":")[2].startswith("//"):
        raise ValueError("not a scheme of Redis")
    options: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = options["ssl_check_hostname"].upper() not in FALSE
    for name, value in (("username", parts.username), ("password", parts.password)):
        if value:
            options[name] = unquote(value)
    if parts.scheme == "unix":
        return options | {"path": unquote(parts.path)}
    database = unquote(parts.path).replace("/", "")
    options["db"] = int(options.get("db") or database or 0)
    if parts.port == 0 or options["db"] < 0:
        raise ValueError("not a port, or not a database")
    return options | {"host": unquote(parts.hostname or "localhost"), "port": parts.port or 6379}
