"""Rows of a page to events. Derivations are few and repeated, so that each is made once a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import accumulate, pairwise
from typing import Any

from .derivations import KINDS
from .event import StoredDerivation, StoredEvent

EVENT = [field.name for field in fields(StoredEvent)][: -len(KINDS)]
_STARTS = list(accumulate((len(kind.columns) for kind in KINDS), initial=len(EVENT)))
_PARTS = [(kind, slice(*place)) for kind, place in zip(KINDS, pairwise(_STARTS), strict=True)]


def stored_events(rows: Sequence[Sequence[Any]]) -> list[StoredEvent]:
    """Events of rows with the columns of `EVENT` and of each of `KINDS`, in this order."""
    known: dict[tuple[str, int | None], StoredDerivation | None] = {(kind.name, None): None for kind in KINDS}
    events = []
    for row in rows:
        event = object.__new__(StoredEvent)
        # not by its constructor, which would set thirty frozen fields one by one
        event.__dict__.update(zip(EVENT, row, strict=False))
        for kind, part in _PARTS:
            key = kind.name, row[part.start]
            if key not in known:
                known[key] = kind.stored(*row[part])
            event.__dict__[kind.name] = known[key]
        events.append(event)
    return events
