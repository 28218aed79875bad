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
from .limits import ConcurrencyLimiter, RateLimiter, TailReaders
from .policy import Policy
from .reading import Reader
from .secret import ViewsSecret
from .settings import ViewsSettings
from .tickets import Tickets
from .viewer import Viewer

Identify = Callable[[Request], Viewer | None]

MAX_EXPORTS = 4  # each uses a thread, and a connection while it reads a page
MAX_EXPORTS_PER_VIEWER = 2
MAX_TAILS = 50  # each queries the database twice a second
MAX_TAILS_PER_VIEWER = 5
MAX_COMMANDS = 30  # of one admin in a minute


@dataclass(frozen=True)
class AppState:
    """The state of one application.

    Attributes:
        settings: of the service.
        reader: answers questions.
        cursors: writes and reads cursors.
        engine: connections that can only read.
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
    cursors: Cursors
    engine: Engine
    admin_commands: AdminCommandQueue
    tickets: Tickets
    identify: Identify | None = None
    command_rate: RateLimiter = field(default_factory=lambda: RateLimiter(MAX_COMMANDS))
    token_rate: RateLimiter = field(default_factory=RateLimiter)
    exports: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter("exports", MAX_EXPORTS, MAX_EXPORTS_PER_VIEWER)
    )
    tails: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter("live tails", MAX_TAILS, MAX_TAILS_PER_VIEWER)
    )
    tail_readers: TailReaders = field(default_factory=TailReaders)


def make_app_state(settings: ViewsSettings, identify: Identify | None, engine: Engine | None) -> AppState:
    """The state of a new application.

    Raises:
        CatalogueError: a catalogue file is wrong.
        ValueError: not a database URL.
    """
    policy = Policy(catalogue.load(settings.catalogue))
    read_engine = reading_engine(settings) if engine is None else engine
    # the views write nothing but commands
    writing = engine or _engine(settings, "trailkeeper commands", pool_size=2, read_only=False)
    commands = AdminCommandQueue(writing, read_engine, settings)
    secret = ViewsSecret(settings.views_secret, read_engine)
    return AppState(
        settings,
        Reader(read_engine, policy),
        Cursors(secret),
        read_engine,
        commands,
        Tickets(secret),
        identify,
    )


def reading_engine(settings: ViewsSettings) -> Engine:
    """An engine whose transactions cannot write, whatever the role is allowed to do.

    Raises:
        ValueError: not a database URL.
    """
    return _engine(settings, "trailkeeper views", pool_size=settings.views_pool, read_only=True)


def _engine(settings: ViewsSettings, name: str, *, pool_size: int, read_only: bool) -> Engine:
    return make_engine(
        settings.views_database_url or settings.database_url,
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
