"""What tests of transactions need: an outbox in SQLite, and a way to the stream that only remembers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text

from tests.support.emitting import CATALOGUE, Counter
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.event import Event
from trailkeeper.producer.process import swap
from trailkeeper.producer.testing import Recorder
from trailkeeper.producer.wire import decode

TABLE = "CREATE TABLE trailkeeper.outbox (id INTEGER PRIMARY KEY, payload BLOB NOT NULL, invalid BLOB)"
ATTACH = "ATTACH DATABASE ? AS trailkeeper"


class Kept:
    """A transport that remembers, and leaves tables to the transactions of the test."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        self.events.append(decode(payload)[0])

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        self.send(payload, invalid, deadline)

    def close(self) -> None:
        pass


@contextmanager
def emitting(transport: Any, metrics: Counter | None = None, **settings: Any) -> Iterator[Emitter]:
    """The process's emitter, for the time of the block."""
    emitter = Emitter(
        ProducerSettings(**{"on_invalid": "raise", **settings}),
        catalogue=CATALOGUE,
        transport=transport,
        metrics=metrics,
        spool=None,
        outbox=transport if isinstance(transport, Recorder) else None,
    )
    before = swap(emitter)
    try:
        yield emitter
    finally:
        swap(before)


def sqlite_engine(path: Path, *, outbox: bool = True) -> Engine:
    """An SQLite database, in which savepoints and BEGIN are ours and not guessed by its driver."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    # what Postgres calls a schema
    event.listen(engine, "connect", lambda connection, _: connection.execute(ATTACH, (f"{path}.trail",)))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY)"))
        if outbox:
            connection.execute(text(TABLE))
    return engine


def statements(engine: Engine) -> list[str]:
    """A list to which every statement from now on is added."""
    found: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, said, *_: found.append(said))
    return found


def in_outbox(engine: Engine) -> list[Event]:
    """The events in the outbox that are committed, in order."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT payload FROM outbox WHERE invalid IS NULL ORDER BY id"))
        return [decode(bytes(row.payload))[0] for row in rows]
