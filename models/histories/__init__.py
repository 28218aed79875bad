"""Ordered pages of events: what is asked, what is found, how it is written down."""

from .as_json import as_json, texts_as_json
from .counts import Count, Place, count_by_place, count_by_time
from .event import StoredClient, StoredEvent, StoredLocation
from .page import MAX_LIMIT, Cursor, Page, read_page
from .question import About, Question
from .texts import EventTexts
from .whole import Part, Row, Whole

__all__ = [
    "MAX_LIMIT",
    "About",
    "Count",
    "Cursor",
    "EventTexts",
    "Page",
    "Part",
    "Place",
    "Question",
    "Row",
    "StoredClient",
    "StoredEvent",
    "StoredLocation",
    "Whole",
    "as_json",
    "count_by_place",
    "count_by_time",
    "read_page",
    "texts_as_json",
]
