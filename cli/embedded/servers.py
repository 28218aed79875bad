"""The two servers of a stack, each embedded or given by URL."""

from __future__ import annotations

from pathlib import Path

from .logins import make_logins
from .postgres import EmbeddedPostgres
from .records import forget, record
from .redis import EmbeddedRedis


class RedisServer:
    """Redis: an embedded one in the home, or the one at *given*."""

    name = "redis"

    def __init__(self, home: Path, given: str | None) -> None:
        self._records = home / "run"
        self._given = given
        self._embedded = EmbeddedRedis(home / "redis")
        self.log = self._embedded.log
        self.is_embedded = given is None

    @property
    def url(self) -> str:
        """Where it is."""
        return self._given or self._embedded.url

    def start(self) -> None:
        """Start the embedded one, or see that the given one answers.

        Raises:
            EmbeddedError: it did not start.
            StreamUnavailable: it does not answer.
        """
        if self._given is not None:
            _ask(self._given)
            return
        self._embedded.start()
        record(self._records, self.name, self._embedded.pid)

    def is_running(self) -> bool:
        """Whether the embedded one lives."""
        return self._embedded.is_running()

    def ending(self) -> str:
        """How the embedded one ended, in words."""
        return self._embedded.ending()

    def pid(self) -> int | None:
        """The embedded one's process, while it lives."""
        return self._embedded.pid if self.is_running() else None

    def stop(self) -> None:
        """Stop the embedded one, if it lives."""
        if self.is_running():
            self._embedded.stop()
        forget(self._records, self.name)


class PostgresServer:
    """Postgres: an embedded one in the home, or the one at *given*.

    Attributes:
        url: of the database, for who migrates it; empty until it was started.
        worker_url: the same for workers, with fewer rights in an embedded one; likewise.
        views_url: the same for the views; likewise.
    """

    name = "postgres"

    def __init__(self, home: Path, given: str | None) -> None:
        self._embedded = EmbeddedPostgres(home / "postgres")
        self.log = self._embedded.log
        self.is_embedded = given is None
        self.url = self.worker_url = self.views_url = given or ""

    def start(self) -> None:
        """Start the embedded one; a given one shows at the migration whether it answers.

        Raises:
            EmbeddedError: it did not start.
        """
        if self.is_embedded:
            self.url = self.worker_url = self.views_url = self._embedded.start()

    def make_logins(self) -> None:
        """Let worker and views log in to the embedded one as roles of their own, once the schema is there."""
        if self.is_embedded:
            self.worker_url, self.views_url = make_logins(self.url)

    def is_running(self) -> bool:
        """Whether the embedded one lives."""
        return self.is_embedded and self._embedded.is_running()

    def pid(self) -> int | None:
        """The embedded one's process, while it lives."""
        try:
            return self._embedded.pid() if self.is_running() else None
        except (OSError, ValueError, IndexError):
            return None  # it is just starting or stopping

    def stop(self) -> None:
        """Stop the embedded one, if it lives.

        Raises:
            EmbeddedError: it did not stop in time.
        """
        if self.is_running():
            self._embedded.stop()


def _ask(url: str) -> None:
    from trailkeeper.producer.redis_client import connect, redis_translated  # noqa: PLC0415 - slow, and only for a given server

    with connect(url) as client, redis_translated():
        client.ping()
