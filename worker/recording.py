"""What the pipeline itself does, recorded as events in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import Actor, Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.validation import encoded, payload_of

from .ingest.messages import NO_FIELDS, Accepted, IncomingMessage
from .ingest.rows import row_of
from .ingest.writer import insert_new

SYSTEM = Actor(kind="system")


def staff(name: str) -> Actor:
    """An administrator, known by name only."""
    return Actor(kind="staff", id=name, name=name)


def staff_or_system(name: str | None) -> Actor:
    """The administrator of this name; without one, the pipeline itself."""
    return staff(name) if name else SYSTEM


def record(
    connection: Connection, catalogue: Catalogue, tag: str, actor: Actor, additional: Mapping[str, Any]
) -> UUID:
    """Store an event that just happened: with the transaction it commits, with it it is gone.

    Args:
        connection: in a transaction.
        catalogue: knows the tag.
        tag: of the event.
        actor: who did it.
        additional: its payload; what is None is left out.

    Raises:
        InvalidEvent: the payload is not what the catalogue says.
        StoreError: Postgres did not take it; the transaction is spoilt.
    """
    now = datetime.now(UTC)
    kind = catalogue.get(tag)
    if kind is None:
        raise InvalidEvent("tag", f"no event type is called {tag!r}", "a tag of the catalogue")
    known = {name: value for name, value in additional.items() if value is not None}
    event = Event(
        id=uuid7(now), tag=kind.tag, occurred_at=now, actor=actor, additional=payload_of(known, kind)
    )
    message = IncomingMessage("", encoded(event, now), None, NO_FIELDS)
    insert_new(connection, row_of(Accepted(message, event, kind, None)))
    return event.id


def announce(
    connection: Connection, catalogue: Catalogue, tag: str, facts: Mapping[str, Any], actor: Actor = SYSTEM
) -> None:
    """Record one event in the caller's transaction, from a row that says what was done.

    So there is no record without its event and no event without its record,
    whatever dies; and nothing waits for Redis.

    Args:
        connection: in a transaction.
        catalogue: the event types.
        tag: one of the shipped ones.
        facts: what was done; keys that the event type does not declare are left out.
        actor: who did it.

    Raises:
        InvalidEvent: a value is not of the type that the catalogue declares.
        StoreError: the row was not taken.
    """
    kind = catalogue.get(tag)
    assert kind is not None, tag
    record(connection, catalogue, tag, actor, {key: facts[key] for key in kind.payload if key in facts})
