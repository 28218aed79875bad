"""What handlers reach for: the settings, the store and the metrics of the application they run in."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app

from .desk import Desk
from .rate_limit import RateLimit
from .store import Database, Store


class Metrics(Protocol):
    """What the application counts with; the same object serves ``producer.configure(metrics=...)``."""

    def increment(self, name: str, tags: list[str] | None = None) -> None: ...


class NoMetrics:
    """Counts nothing; an application puts its statsd or Prometheus client here."""

    def increment(self, name: str, tags: list[str] | None = None) -> None:
        pass


@dataclass(frozen=True)
class Settings:
    """What `create_app` needs to know.

    Attributes:
        database: the SQLite file.
        metrics: where counters go.
        issuer_key: what trusted continuous integration signs its identity with.
        password_cost: scrypt's n.
        login_attempts: failures that a user or an address has in five minutes.
        now: the clock, in seconds since 1970.
        rehearsal: also serve what scripted clients need and no stranger may have (rehearsal.py).
        trusted_proxies: addresses whose X-Forwarded-For is believed.
        desk: URL of the staff's database; without it, a file beside the SQLite file.
    """

    database: Path
    metrics: Metrics = field(default_factory=NoMetrics)
    issuer_key: bytes = b""
    password_cost: int = 2**14
    login_attempts: int = 5
    now: Callable[[], float] = time.time
    rehearsal: bool = False
    trusted_proxies: tuple[str, ...] = ()
    desk: str | None = None


class Services:
    """One application's: made by `create_app`."""

    def __init__(self, settings: Settings) -> None:
        """Make the store's file if it is missing."""
        self.settings = settings
        self.store = Store(settings.database)
        self.desk = Desk(settings.desk or f"sqlite:///{settings.database}-desk")
        self.login_limit = RateLimit(settings.login_attempts, 300.0)
        self.letters: dict[str, str] = {}

    def close(self) -> None:
        """Close the connections of both databases."""
        self.store.close()
        self.desk.close()

    @classmethod
    def of(cls, app: Flask) -> Services:
        """Those of an application that `create_app` made."""
        service = app.extensions[cls.__name__]
        assert isinstance(service, cls)
        return service


def services() -> Services:
    return Services.of(current_app)


def transaction() -> AbstractContextManager[Database]:
    return services().store.transaction()


def reading() -> AbstractContextManager[Database]:
    return services().store.reading()


def desk() -> Desk:
    return services().desk


def settings() -> Settings:
    return services().settings


def metrics() -> Metrics:
    return services().settings.metrics
