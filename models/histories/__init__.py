"""Ordered pages of events: the question, the stored events, and how an event is written down.

Readers of events are imported from their modules (`page`, `counts`, `whole`), by whom pyproject.toml names.
"""

from .as_json import as_json, texts_as_json
from .counts import Count, Place
from .event import StoredClient, StoredEvent, StoredLocation
from .page import MAX_LIMIT, Cursor, Page
from .question import About, Question
from .texts import EventTexts
from .whole import Part, Row

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
    "as_json",
    "texts_as_json",
]
