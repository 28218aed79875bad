"""Rows of a page to events. Runs for every event of an export, hence its shape.

Places and clients are few and repeated, so that each is made once a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from .event import StoredClient, StoredEvent, StoredLocation

EVENT = [field.name for field in fields(StoredEvent)][:-2]
LOCATION = [field.name for field in fields(StoredLocation)]
CLIENT = [field.name for field in fields(StoredClient)]
_LOCATION_AT = len(EVENT)
_CLIENT_AT = _LOCATION_AT + len(LOCATION)


def stored_events(rows: Sequence[Sequence[Any]]) -> list[StoredEvent]:
    """Events of rows with the columns of `EVENT`, `LOCATION` and `CLIENT`, in this order."""
    locations: dict[int | None, StoredLocation | None] = {None: None}
    clients: dict[int | None, StoredClient | None] = {None: None}
    events = []
    for row in rows:
        location, client = row[_LOCATION_AT], row[_CLIENT_AT]
        if location not in locations:
            locations[location] = StoredLocation(*row[_LOCATION_AT:_CLIENT_AT])
        if client not in clients:
            clients[client] = StoredClient(*row[_CLIENT_AT:])
        event = object.__new__(StoredEvent)
        # not by its constructor, which would set thirty frozen fields one by one
        event.__dict__.update(
            zip(EVENT, row, strict=False), location=locations[location], client=clients[client]
        )
        events.append(event)
    return events
