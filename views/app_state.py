"""What the requests of one application share: made with it, connected when first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request
from sqlalchemy import Engine

from trailkeeper.models.engine import make_engine
from trailkeeper.producer import catalogue

from .admin_commands import AdminCommandQueue
from .cursors import Cursors
from .limits import TAIL_THREADS, ConcurrencyLimiter, RateLimiter, TailReaders
from .policy import Policy
from .positions import Positions
from .read_slots import ReadSlots
from .reading import Reader
from .replica_age import ReplicaAge
from .secret import ViewsSecret
from .settings import ViewsSettings
from .shares import Shares
from .tickets import Tickets
from .viewer import Viewer

Identify = Callable[[Request], Viewer | None]

MAX_EXPORTS = 4  # each uses a thread, and a connection while it reads a page
MAX_TAILS = 50  # each queries the database twice a second
EXPORTS = (2, 3, MAX_EXPORTS, 2)
TAILS = (25, 40, MAX_TAILS, 5)
"""The most of strangers, with those of people who are signed in, with those of admins, and of one viewer."""

LONG_READS = MAX_EXPORTS + TAIL_THREADS
MAX_COMMANDS = 30  # of one admin in a minute


@dataclass(frozen=True)
class AppState:
    """The state of one application.

    Attributes:
        settings: of the service.
        reader: answers questions.
        long_reader: the same for exports and live tails, on connections of its own.
        read_slots: who reads at the moment, and who waits.
        cursors: writes and reads cursors.
        positions: the same of live tails.
        engine: connections that can only read, to the server that takes writes.
        replica_age: how old is what *reader* and *long_reader* read.
        admin_commands: what admins ask workers to do.
        tickets: what admins' forms carry.
        identify: tells the viewer of a request, where a host application knows; None where tokens say so.
        command_rate: commands of one admin.
        token_rate: tokens exchanged for a cookie by one address.
        exports: that are running.
        tails: that are running.
        tail_readers: the threads that poll for tails.
    """

    settings: ViewsSettings
    reader: Reader
    long_reader: Reader
    read_slots: ReadSlots
    cursors: Cursors
    positions: Positions
    engine: Engine
    replica_age: ReplicaAge
    admin_commands: AdminCommandQueue
    tickets: Tickets
    identify: Identify | None = None
    command_rate: RateLimiter = field(default_factory=lambda: RateLimiter(MAX_COMMANDS))
    token_rate: RateLimiter = field(default_factory=RateLimiter)
    exports: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter("exports", Shares(*EXPORTS))
    )
    tails: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter("live tails", Shares(*TAILS))
    )
    tail_readers: TailReaders = field(default_factory=TailReaders)


def make_app_state(settings: ViewsSettings, identify: Identify | None, engine: Engine | None) -> AppState:
    """The state of a new application.

    Raises:
        CatalogueError: a catalogue file is wrong.
        ValueError: not a database URL.
    """
    policy = Policy(catalogue.load(settings.catalogue))
    url = settings.read_database_url
    current = reading_engine(settings) if engine is None else engine
    replica = current if engine or url is None else reading_engine(settings, url)
    # the views write nothing but commands
    writing = engine or _engine(settings, "trailkeeper commands", pool_size=2, read_only=False)
    commands = AdminCommandQueue(writing, current, settings)
    long = engine or _engine(settings, "trailkeeper exports", pool_size=LONG_READS, read_only=True, url=url)
    secret = ViewsSecret(settings.views_secret, current)
    return AppState(
        settings,
        Reader(replica, policy),
        Reader(long, policy),
        ReadSlots(settings.views_pool),
        Cursors(secret),
        Positions(secret),
        current,
        ReplicaAge(replica if replica is not current else None),
        commands,
        Tickets(secret),
        identify,
    )


def reading_engine(settings: ViewsSettings, url: str | None = None) -> Engine:
    """An engine whose transactions cannot write, whatever the role is allowed to do.

    Args:
        settings: of the service.
        url: another server than theirs.

    Raises:
        ValueError: not a database URL.
    """
    return _engine(settings, "trailkeeper views", pool_size=settings.views_pool, read_only=True, url=url)


def _engine(
    settings: ViewsSettings, name: str, *, pool_size: int, read_only: bool, url: str | None = None
) -> Engine:
    return make_engine(
        url or settings.views_database_url or settings.database_url,
        schema=settings.schema,
        application_name=name,
        pool_size=pool_size,
        statement_timeout_ms=settings.views_statement_ms,
        read_only=read_only,
    )


def app_state_of(request: Request) -> AppState:
    """The state of the application that handles a request."""
    state: AppState = request.app.state.trailkeeper
    return state
