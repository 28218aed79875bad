"""Backfills: an admin's governed jobs over stored or imported events, as Postgres keeps them."""

from .filters import EnrichFilters, ReplayFilters, Which
from .jobs import (
    CHANGES,
    ENDED,
    STATES,
    Advance,
    NoSuchBackfill,
    StoredBackfill,
    WrongState,
    add,
    change,
    find,
    newest,
)

__all__ = [
    "CHANGES",
    "ENDED",
    "STATES",
    "Advance",
    "EnrichFilters",
    "NoSuchBackfill",
    "ReplayFilters",
    "StoredBackfill",
    "Which",
    "WrongState",
    "add",
    "change",
    "find",
    "newest",
]
