"""What the programs will do with settings at their start, done now: open files, read keys and addresses.

Reading the environment checks each value's form; a file that is missing is no matter of form, and stops
some programs only.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trailkeeper.producer.catalogue import load
from trailkeeper.producer.errors import CatalogueError, SettingsError, SpoolUnavailable
from trailkeeper.producer.requests.forwarded import TrustedProxies
from trailkeeper.producer.settings import is_secret, spool_path, spool_problem, variable
from trailkeeper.producer.signing import SigningKey
from trailkeeper.producer.spool import folder
from trailkeeper.producer.transports.address import RedisAddress

from .urls import without_password

HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")
Check = Callable[[Any], object]


def problem_with(name: str, value: Any) -> str | None:
    """Why a program that reads this setting would fail; None if none would.

    Args:
        name: of the setting.
        value: of the setting's type.
    """
    if (found := CHECKS.get(name)) is None or value in (None, ()):
        return None
    check, expected = found
    try:
        check(value)
    except ModuleNotFoundError:
        return None  # what would read it is not installed
    except (SettingsError, CatalogueError, SpoolUnavailable, ValueError, OSError) as error:
        reason = _reason(error)
        stated = "" if "expected" in reason else f"expected {expected}: "
        return reason if reason.startswith(variable(name)) else f"{_named(name, value)}; {stated}{reason}"
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def _named(name: str, value: Any) -> str:
    return f"{variable(name)} is {_shown(name, value)}"


def _shown(name: str, value: Any) -> str:
    if name.endswith("url"):
        return without_password(value)
    if is_secret(name):
        return "a secret"
    return repr(os.pathsep.join(value) if isinstance(value, tuple) else value)


def _readable(path: str) -> None:
    with Path(path).open("rb") as file:
        file.read(1)


def _location_files(paths: Sequence[str]) -> None:
    from trailkeeper.worker.enrich.mmdb import MmdbFile, UnusableDatabase  # noqa: PLC0415 - slow to import

    for path in paths:
        _readable(path)
        try:
            MmdbFile(path)
        except UnusableDatabase as error:
            raise ValueError(str(error)) from error


def _catalogue(paths: Sequence[str]) -> None:
    for path in paths:
        _readable(path)
    load(paths)


def _public_key(path: str) -> None:
    from trailkeeper.views.settings import ViewsSettings  # noqa: PLC0415 - as above
    from trailkeeper.views.token_key import token_key  # noqa: PLC0415 - as above

    _readable(path)
    token_key(ViewsSettings(token_public_key=path))


def _database(url: str) -> None:
    from trailkeeper.models.engine import parse_url  # noqa: PLC0415 - as above

    parse_url(url)


def _broker(url: str) -> None:
    from trailkeeper.worker.broker_url import broker_of  # noqa: PLC0415 - as above
    from trailkeeper.worker.settings import WorkerSettings  # noqa: PLC0415 - as above

    broker_of(WorkerSettings(broker_url=url))


def _redis(urls: str) -> None:
    for url in urls.split():
        RedisAddress(url)


def _spool(setting: str) -> None:
    path = spool_path(setting)
    if problem := spool_problem(setting) or (path and folder.problem(path)):
        raise ValueError(problem)


def _folder(path: str) -> None:
    place = Path(path).expanduser().absolute()
    there = next(each for each in (place, *place.parents) if os.path.lexists(each))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{there} is no folder that this user can write to")


def _host(name: str) -> None:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        if not HOST.fullmatch(name) or name.replace(".", "").isdigit():
            raise ValueError("it is neither") from None


def _each(check: Callable[[str], object]) -> Check:
    return lambda values: [check(value) for value in values]


KEY = "name:secret, the secret of 32 bytes or more"
PEM = "a PEM file"
CHECKS: dict[str, tuple[Check, str]] = {
    "redis_url": (_redis, "a URL such as redis://:password@host:6379/0"),
    "redis_tls_ca": (_readable, PEM),
    "redis_tls_cert": (_readable, PEM),
    "redis_tls_key": (_readable, PEM),
    "broker_url": (_broker, "a URL that Celery takes, such as redis://:password@host:6379/1"),
    "database_url": (_database, "a URL such as postgresql+psycopg2://user:password@host:5432/database"),
    "views_database_url": (_database, "a URL such as postgresql+psycopg2://user:password@host:5432/database"),
    "read_database_url": (_database, "a URL such as postgresql+psycopg2://user:password@host:5432/database"),
    "catalogue": (_catalogue, "TOML files with event types"),
    "geoip": (_location_files, "MaxMind-format files"),
    "token_public_key": (_public_key, "a PEM file with a public key"),
    "signing_key": (SigningKey.of, KEY),
    "verify_keys": (_each(SigningKey.of), KEY),
    "trusted_proxies": (TrustedProxies, "addresses and networks with commas between"),
    "spool": (_spool, "a file in a folder of this user"),
    "home": (_folder, "a folder"),
    "views_host": (_host, "an address or the name of a host"),
}
"""By setting: what opens or reads it, and what it takes."""
