"""What was done to the trail, as events of the trail: committed together with what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from models.writing import insert
from producer.catalogue import Catalogue
from producer.event import Actor, Event
from producer.ids import uuid7
from producer.validation import encoded
from worker.drain.messages import Accepted, Message
from worker.drain.rows import row_of

SYSTEM = Actor(kind="system")


def staff(name: str | None) -> Actor:
    """A person who ran a command."""
    return Actor(kind="staff", id=name, name=name)


def announce(
    connection: Connection,
    catalogue: Catalogue,
    tag: str,
    additional: Mapping[str, Any],
    actor: Actor = SYSTEM,
) -> None:
    """Write one event, by the way that drains write theirs, in the caller's transaction.

    Not through the stream: so there is no record without its event and no event
    without its record, whatever dies.

    Args:
        connection: in a transaction.
        catalogue: the event types.
        tag: one of the shipped ones.
        additional: the payload; keys that the event type does not declare are left out.
        actor: who did it.

    Raises:
        InvalidEvent: a value is not of the type that the catalogue declares.
        StoreError: the row was not taken.
    """
    kind = catalogue.get(tag)
    assert kind is not None, tag
    now = datetime.now(UTC)
    known = {key: value for key, value in additional.items() if key in kind.payload and value is not None}
    event = Event(id=uuid7(now), tag=tag, occurred_at=now, actor=actor, additional=known)
    payload = encoded(event, kind, now)
    accepted = Accepted(Message("", payload, None, {}), event, kind, None)
    insert(connection, [row_of(accepted, None, None)])
