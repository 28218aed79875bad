"""The whole pipeline on one machine: servers, schema, worker, beat and views, kept running."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from trailkeeper.cli.settings import child_environment, settings
from trailkeeper.cli.urls import without_password
from trailkeeper.producer.settings import changed, read, variable
from trailkeeper.worker.settings import WorkerSettings

from .errors import EmbeddedError
from .guard import Guard, end_leftovers
from .lock import STOPPING, FolderLock
from .logins import make_logins
from .logs import Logs
from .pipeline import beat, views, worker
from .postgres import EmbeddedPostgres
from .processes import Child
from .redis import EmbeddedRedis
from .secret import fingerprint_key
from .supervisor import Service, Supervisor
from .views import ViewsPlace, is_installed

MOST_SLOTS = 4


def _say_nothing(_: str) -> None:
    """For a stack that nobody watches."""


class Stack:
    """The pipeline of one data folder.

    Use it as a context manager, or call `start` and, whatever happens, `stop`.

    Args:
        home: the data folder; made if missing.
        concurrency: pool processes of the worker; without it, one per core, two to four.
        redis_url: a Redis to use instead of an embedded one.
        database_url: a Postgres to use instead of an embedded one.
        environment: variables for the child processes, added to this process' own.
        with_views: whether histories are served over HTTP.
        say: called with a sentence about what happens, also from another thread.
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
        say: Callable[[str], None] = _say_nothing,
    ) -> None:
        self.home = home.resolve()
        self._concurrency = concurrency or min(max(2, os.cpu_count() or 2), MOST_SLOTS)
        self._given_redis_url = redis_url
        self._redis = EmbeddedRedis(self.home / "redis", records=self.home / "run")
        self._postgres = EmbeddedPostgres(self.home / "postgres")
        self._has_postgres = database_url is None
        self.database_url = self._worker_url = self._views_url = database_url or ""
        self._extra = dict(environment or {})
        self._with_views = with_views and is_installed()
        self._say = say
        self._lock = FolderLock(self.home / "lock")
        self._guard = Guard(self.home)
        self._children: list[Child] = []
        self._supervisor: Supervisor | None = None
        self._ending = threading.Event()

    def start(self) -> None:
        """Start everything, in order; returns early when `request_stop` is called meanwhile.

        Raises:
            EmbeddedError: names what did not start.
            StreamUnavailable: the Redis that was given does not answer.
            StoreError: the Postgres that was given does not answer, or refused a migration.
        """
        for step in (
            self._take_folder,
            self._start_redis,
            self._start_postgres,
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
                    f"{self.home} cannot be used: {error}; choose another folder with --home"
                ) from error

    @property
    def redis_url(self) -> str:
        """Where the stream is."""
        return self._given_redis_url or self._redis.url

    @property
    def views_url(self) -> str | None:
        """Where the pages and the API are; None without them."""
        return self._views.url if self._with_views else None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of an application that uses this stack."""
        environment = child_environment(self.redis_url, self._worker_url)
        environment |= {variable("spool"): str(self.spool)} | self._extra
        if (key := variable("fingerprint_key")) not in environment:
            environment[key] = fingerprint_key(self.home)
        return environment

    @property
    def spool(self) -> Path:
        """Where events wait while Redis is away; in the data folder, as they are for its stream."""
        return self.home / "spool.sqlite"

    @property
    def worker_pid(self) -> int | None:
        """The worker's main process, or None before it was started."""
        return next((child.pid for child in self._children if child.name == "worker"), None)

    def is_up(self) -> bool:
        """Whether everything was started, and no stop was requested."""
        return bool(self._children) and not self._ending.is_set()

    def is_stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._ending.is_set()

    def pids(self) -> dict[str, int]:
        """The running processes of this stack, by name."""
        children = [child for child in (self._redis, *self._children) if child.is_running()]
        pids = {child.name: child.pid for child in children if child.pid is not None}
        with suppress(OSError, ValueError, IndexError):  # Postgres is just starting or stopping
            if self._has_postgres and self._postgres.is_running():
                pids[self._postgres.name] = self._postgres.pid()
        return pids

    def request_stop(self) -> None:
        """Let `wait` return; after a second call `stop` kills what still runs. For signal handlers."""
        if self._ending.is_set():
            for child in self._children:
                child.hurry()
        self._ending.set()

    def wait(self) -> None:
        """Block until `request_stop` is called."""
        self._ending.wait()

    def stop(self) -> None:
        """Stop everything: the worker finishes its batch, servers stop last. Safe to call twice."""
        self._ending.set()
        if not self._lock.is_held():
            return
        self._lock.announce(STOPPING)
        if self._supervisor is not None:
            self._supervisor.stop()
        for child in self._children:
            child.stop()
        try:
            if self._has_postgres and self._postgres.is_running():
                self._postgres.stop()
        except EmbeddedError as error:
            self._say(str(error))  # Redis is stopped all the same
        self._redis.stop()
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

    def _take_folder(self) -> None:
        for folder in (self.home, self.home / "run", self.home / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        self._guard.start()
        if left := end_leftovers(self.home):
            self._say(f"stopped what an earlier run left running: {', '.join(left)}")

    def _start_redis(self) -> None:
        if self._given_redis_url is None:
            self._redis.start()
            return
        from trailkeeper.producer.redis_client import of_each_stream  # noqa: PLC0415 - slow to import

        given = changed(read(WorkerSettings), {"redis_url": self._given_redis_url})
        of_each_stream(given, lambda client, _: client.ping())

    def _start_postgres(self) -> None:
        if self._has_postgres:
            self.database_url = self._worker_url = self._views_url = self._postgres.start()

    def _migrate(self) -> None:
        from trailkeeper.models.migrate import upgrade  # noqa: PLC0415 - slow to import, and an extra

        redis, postgres = map(without_password, (self.redis_url, self.database_url))
        self._say(f"Redis at {redis}, Postgres at {postgres}")
        upgrade(self.database_url, settings().schema)
        if self._has_postgres:
            self._worker_url, self._views_url = make_logins(self.database_url)
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
        services: list[Service] = [*self._children]
        if self._has_postgres:
            services.insert(0, self._postgres)
        if self._given_redis_url is None:
            services.insert(0, self._redis)
        logs = Logs([self.home / "logs", self._redis.log, self._postgres.log])
        self._supervisor = Supervisor(services, self._say, [logs.rotate])
        self._supervisor.start()

    def _wait_for_views(self) -> None:
        if self._with_views and not self._views.wait(self._ending.is_set) and not self._ending.is_set():
            self._say(f"the views do not answer yet; {self.home / 'logs' / 'views.log'} may have the reason")

    @property
    def _views(self) -> ViewsPlace:
        names = ("database_url", "views_database_url") if self._has_postgres else ()
        reading = {variable(name): self._views_url for name in names}
        return ViewsPlace(self.home, self.environment | reading)
