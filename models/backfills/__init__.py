"""Backfills: an admin's governed jobs over stored or imported events, as Postgres keeps them."""

from .filters import EnrichFilters, ReplayFilters, Which
from .jobs import (
    ENDED,
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
    "ENDED",
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
