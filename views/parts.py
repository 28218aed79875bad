"""What the requests of one application share; made with it, and connected when first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request
from sqlalchemy import Engine

from trailkeeper.models.engine import make_engine
from trailkeeper.producer import catalogue

from .cursors import Cursors
from .limits import Slots, Tries
from .orders import Orders
from .policy import Policy
from .reading import Reader
from .settings import ViewsSettings
from .tickets import Tickets
from .viewer import Viewer

Identify = Callable[[Request], Viewer | None]

MOST_EXPORTS = 4  # each holds a thread, and a connection while it reads a page
MOST_TAILS = 50  # each asks the database twice a second
MOST_OF_ONE_VIEWER = 5
MOST_COMMANDS = 30  # of one admin in a minute


@dataclass(frozen=True)
class Parts:
    """The parts.

    Attributes:
        settings: of the service.
        reader: answers questions.
        cursors: writes and reads cursors.
        identify: the host application's word on who asks; None where tokens say so.
        engine: connections that can only read.
        orders: what admins ask for.
        tickets: what their forms carry.
        commands: how many admins may give.
        tries: of exchanging tokens.
        exports: that run at the moment.
        tails: that run at the moment.
    """

    settings: ViewsSettings
    reader: Reader
    cursors: Cursors
    engine: Engine
    orders: Orders
    tickets: Tickets
    identify: Identify | None = None
    commands: Tries = field(default_factory=lambda: Tries(MOST_COMMANDS))
    tries: Tries = field(default_factory=Tries)
    exports: Slots = field(default_factory=lambda: Slots("exports", MOST_EXPORTS, 2))
    tails: Slots = field(default_factory=lambda: Slots("live tails", MOST_TAILS, MOST_OF_ONE_VIEWER))


def make_parts(settings: ViewsSettings, identify: Identify | None, engine: Engine | None) -> Parts:
    """The parts of one application.

    Raises:
        CatalogueError: a catalogue file is wrong.
        ValueError: the database URL is none.
    """
    policy = Policy(catalogue.load(settings.catalogue))
    reading = reading_engine(settings) if engine is None else engine
    orders = Orders(placing_engine(settings) if engine is None else engine, reading, settings)
    return Parts(
        settings, Reader(reading, policy), Cursors(settings), reading, orders, Tickets(settings), identify
    )


def reading_engine(settings: ViewsSettings) -> Engine:
    """An engine whose transactions cannot write, whatever the role may do.

    Raises:
        ValueError: the URL is none.
    """
    return make_engine(
        settings.views_database_url or settings.database_url,
        schema=settings.schema,
        application_name="trailkeeper views",
        pool_size=settings.views_pool,
        statement_timeout_ms=settings.views_statement_ms,
        read_only=True,
    )


def placing_engine(settings: ViewsSettings) -> Engine:
    """An engine for the one thing that is written: what admins ask for.

    Raises:
        ValueError: the URL is none.
    """
    return make_engine(
        settings.views_database_url or settings.database_url,
        schema=settings.schema,
        application_name="trailkeeper orders",
        pool_size=2,
        statement_timeout_ms=settings.views_statement_ms,
    )


def parts_of(request: Request) -> Parts:
    """The parts of the application that handles a request."""
    found: Parts = request.app.state.parts
    return found
