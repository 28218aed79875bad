"""Backfills: an admin's governed jobs over stored or imported events, as Postgres keeps them."""

from .filters import EnrichFilters, ReplayFilters, Which
from .jobs import add, change, find, newest
from .stored import CHANGES, ENDED, STATES, Advance, NoSuchBackfill, StoredBackfill, WrongState

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
