"""What was done to the trail, as events of the trail: committed together with what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.event import Actor
from trailkeeper.worker.recording import SYSTEM, record


def announce(
    connection: Connection,
    catalogue: Catalogue,
    tag: str,
    facts: Mapping[str, Any],
    actor: Actor = SYSTEM,
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
