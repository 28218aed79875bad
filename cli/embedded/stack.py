"""The whole pipeline on one machine: servers, schema, worker, beat and views, started and kept running."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from trailkeeper.cli.settings import child_environment, settings
from trailkeeper.cli.urls import without_password
from trailkeeper.producer.settings import variable

from .errors import EmbeddedError
from .guard import Guard
from .leftovers import end_leftovers
from .lock import STOPPING, HomeLock
from .logs import Logs
from .pipeline import beat, views, worker
from .processes import Child
from .servers import PostgresServer, RedisServer
from .supervisor import Service, Supervisor
from .views import ViewsPlace, is_installed

MOST_SLOTS = 4


def _quietly(_: str) -> None:
    """Say nothing."""


class Stack:
    """One home's pipeline.

    Use it as a context manager, or call `start` and, whatever happens, `stop`.

    Args:
        home: folder of its data and logs; made if missing.
        concurrency: pool processes of the worker; without it, one a core, two to four.
        redis_url: a Redis to use instead of an embedded one.
        database_url: a Postgres to use instead of an embedded one.
        environment: variables for the children, on top of this process' own.
        with_views: whether histories are served over HTTP.
        say: called with a sentence about what happens; from another thread too.
    """

    def __init__(
        self,
        home: Path,
        *,
        concurrency: int | None = None,
        redis_url: str | None = None,
        database_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        with_views: bool = True,
        say: Callable[[str], None] = _quietly,
    ) -> None:
        self.home = home.resolve()
        self._concurrency = concurrency or min(max(2, os.cpu_count() or 2), MOST_SLOTS)
        self._redis = RedisServer(self.home, redis_url)
        self._postgres = PostgresServer(self.home, database_url)
        self._extra = dict(environment or {})
        self._with_views = with_views and is_installed()
        self._say = say
        self._lock = HomeLock(self.home / "lock")
        self._guard = Guard(self.home)
        self._children: list[Child] = []
        self._supervisor: Supervisor | None = None
        self._ending = threading.Event()

    def start(self) -> None:
        """Start everything, in order; returns early, with less, when `request_stop` is called meanwhile.

        Raises:
            EmbeddedError: names what did not start.
            StreamUnavailable: the Redis that was given does not answer.
            StoreError: the Postgres that was given does not answer, or refused a migration.
        """
        for step in (
            self._take_home,
            self._redis.start,
            self._postgres.start,
            self._migrate,
            self._start_children,
            self._wait_for_views,
        ):
            if self._ending.is_set():
                return
            try:
                step()
            except OSError as error:
                raise EmbeddedError(
                    f"{self.home} cannot be used: {error}; choose another with --home"
                ) from error

    @property
    def redis_url(self) -> str:
        """Where the stream is."""
        return self._redis.url

    @property
    def database_url(self) -> str:
        """Where the tables are, for who may do everything."""
        return self._postgres.url

    @property
    def views_url(self) -> str | None:
        """Where the pages and the API are; None without them."""
        return self._views.url if self._with_views else None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of an application that belongs to this stack."""
        found = child_environment(self.redis_url, self._postgres.worker_url)
        return found | {variable("spool"): str(self.spool)} | self._extra

    @property
    def spool(self) -> Path:
        """Where what the stream does not take waits: it belongs to this home, as the stream does."""
        return self.home / "spool.sqlite"

    @property
    def worker_pid(self) -> int | None:
        """The worker's main process, or None before it was started."""
        return next((child.pid for child in self._children if child.name == "worker"), None)

    def is_up(self) -> bool:
        """Whether everything was started, and nobody asked to stop."""
        return bool(self._children) and not self._ending.is_set()

    def is_stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._ending.is_set()

    def pids(self) -> dict[str, int]:
        """The processes of this stack that live, by name."""
        children = {child.name: child.pid for child in self._children if child.is_running()}
        servers = {server.name: server.pid() for server in (self._redis, self._postgres)}
        return {name: pid for name, pid in (children | servers).items() if pid is not None}

    def request_stop(self) -> None:
        """Let `wait` return; a second call lets `stop` wait for nothing. For signal handlers."""
        if self._ending.is_set():
            for child in self._children:
                child.hurry()
        self._ending.set()

    def wait(self) -> None:
        """Until `request_stop` is called."""
        self._ending.wait()

    def stop(self) -> None:
        """Stop everything: the worker finishes its batch, servers come last. Harmless twice."""
        self._ending.set()
        if not self._lock.is_held():
            return
        self._lock.say(STOPPING)
        if self._supervisor is not None:
            self._supervisor.stop()
        for stop in (*(child.stop for child in self._children), self._postgres.stop, self._redis.stop):
            self._try(stop)
        self._guard.stop()
        self._lock.release()

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def _take_home(self) -> None:
        for folder in (self.home, self.home / "run", self.home / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        self._guard.start()
        if left := end_leftovers(self.home):
            self._say(f"stopped what an earlier run left: {', '.join(left)}")

    def _migrate(self) -> None:
        from trailkeeper.models.migrate import upgrade  # noqa: PLC0415 - slow to import, and an extra

        redis, postgres = map(without_password, (self.redis_url, self.database_url))
        self._say(f"Redis at {redis}, Postgres at {postgres}")
        upgrade(self.database_url, settings().schema)
        self._postgres.make_logins()
        self._say("the schema is current")

    def _start_children(self) -> None:
        name = f"up-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:8]}"
        self._children = [
            worker(self.home, self.environment, name=name, slots=self._concurrency),
            beat(self.home, self.environment),
        ]
        if self._with_views:
            self._children.append(views(self.home, self._views.environment()))
        for child in self._children:
            child.start()
            self._say(f"{child.name} started, process {child.pid}, log {child.log}")
        embedded: list[Service] = [server for server in (self._redis, self._postgres) if server.is_embedded]
        logs = [self.home / "logs", *(server.log for server in (self._redis, self._postgres))]
        self._supervisor = Supervisor([*embedded, *self._children], self._say, [Logs(logs).look])
        self._supervisor.start()

    def _wait_for_views(self) -> None:
        if self._with_views and not self._views.wait(self._ending.is_set) and not self._ending.is_set():
            self._say(f"the views do not answer yet; {self.home / 'logs' / 'views.log'} may say why")

    @property
    def _views(self) -> ViewsPlace:
        names = ("database_url", "views_database_url") if self._postgres.is_embedded else ()
        reading = {variable(name): self._postgres.views_url for name in names}
        return ViewsPlace(self.home, self.environment | reading)

    def _try(self, stop: Callable[[], None]) -> None:
        try:
            stop()
        except EmbeddedError as error:
            # the others are stopped all the same
            self._say(str(error))
