"""The servers of a run, with their default settings, and a database for each contestant."""

from __future__ import annotations

import gc
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from tests.support.databases import raw_engine
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.cli.settings import child_environment
from trailkeeper.models.migrate import upgrade
from trailkeeper.producer.event import Event
from trailkeeper.producer.settings import variable
from trailkeeper.producer.wire import encode
from trailkeeper.worker.settings import WorkerSettings

from .data import events
from .scale import Scale

STREAM = "trailkeeper:events"
DATABASES = ("ours", "copy", "task")


class Machine:
    """Where a run takes place.

    Args:
        home: an empty folder.
        scale: how much is measured.
        say: called with a sentence about what is measured now.
    """

    def __init__(self, home: Path, scale: Scale, say: Callable[[str], None]) -> None:
        self.home = home
        self.scale = scale
        self.say = say
        self._postgres = EmbeddedPostgres(home / "pg")
        self._redis = EmbeddedRedis(home / "redis")

    def start(self) -> None:
        """Start the servers and make the databases."""
        self._redis.start()
        self._postgres.start()
        for name in DATABASES:
            self.query("postgres", f"CREATE DATABASE {name}")
            upgrade(self.database_url(name))
        self.client = redis.Redis.from_url(self.redis_url)

    def facts(self) -> dict[str, str]:
        """What is measured on: processors, versions, the day."""
        redis_info: Any = self.client.info("server")
        postgres: str = self.query("postgres", "SHOW server_version")[0][0]
        return {
            "cores": f"{os.cpu_count()}, shared by all",
            "Python": platform.python_version(),
            "Postgres": postgres.partition(" ")[0],
            "Valkey": str(redis_info.get("valkey_version", redis_info["redis_version"])),
            "on": f"{datetime.now(UTC):%Y-%m-%d}",
        }

    def stop(self) -> None:
        """Stop the servers; their data are thrown away."""
        if self._postgres.is_running():
            self._postgres.stop("immediate")
        if self._redis.is_running():
            self._redis.kill()

    @property
    def redis_url(self) -> str:
        """Where the stream is."""
        return self._redis.url

    def database_url(self, name: str) -> str:
        """Where a contestant's tables are."""
        return make_url(self._postgres.start()).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def connection(self, database: str) -> Iterator[Connection]:
        """A connection whose every statement is its own transaction."""
        engine = raw_engine(self.database_url(database)).execution_options(isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def query(self, database: str, statement: str) -> list[Any]:
        """The rows of one statement."""
        with self.connection(database) as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    def empty(self, database: str) -> None:
        """No events, and nothing that the server still has to write for those before."""
        self.query(database, "TRUNCATE events")
        self.query(database, "CHECKPOINT")

    def copy_database(self, name: str, copy: str) -> None:
        """A database like another one, to which nobody may be connected."""
        self.query("postgres", f"DROP DATABASE IF EXISTS {copy}")
        self.query("postgres", f"CREATE DATABASE {copy} TEMPLATE {name}")

    def settings(self) -> WorkerSettings:
        """A worker's settings for our database."""
        geoip = self.environment("ours").get(variable("geoip"), "")
        return WorkerSettings(
            redis_url=self.redis_url, database_url=self.database_url("ours"), geoip=(geoip,) if geoip else ()
        )

    def environment(self, database: str, *, redis_database: int = 0) -> dict[str, str]:
        """The environment of a worker on a contestant's databases."""
        redis_url = f"{self.redis_url.rpartition('/')[0]}/{redis_database}"
        return child_environment(redis_url, self.database_url(database))

    @cached_property
    def events(self) -> list[Event]:
        """The events of a run: always the same objects."""
        self.say("making events")
        found = list(events(self.scale.events))
        gc.collect()
        gc.freeze()  # the collector must not walk them while others are measured
        return found

    @cached_property
    def payloads(self) -> list[bytes]:
        """The same as the stream carries them."""
        return [encode(event) for event in self.events]


@contextmanager
def machine(scale: Scale, say: Callable[[str], None]) -> Iterator[Machine]:
    """A machine for the time of the block."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="tk-bench-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o755)  # Postgres' own user passes through
        made = Machine(home, scale, say)
        stack.callback(made.stop)
        say("starting the servers")
        made.start()
        yield made
