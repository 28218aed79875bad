"""Ordered pages of events: what is asked, what is found, how it is written down."""

from .as_json import as_json
from .counts import Count, Place, count_by_place, count_by_time
from .event import StoredClient, StoredEvent, StoredLocation
from .page import MAX_LIMIT, Cursor, Page, read_page
from .question import About, Question

__all__ = [
    "MAX_LIMIT",
    "About",
    "Count",
    "Cursor",
    "Page",
    "Place",
    "Question",
    "StoredClient",
    "StoredEvent",
    "StoredLocation",
    "as_json",
    "count_by_place",
    "count_by_time",
    "read_page",
]
