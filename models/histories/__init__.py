"""Ordered pages of events: the question, the stored events, and how an event is written down.

Readers of events are imported from their modules (`page`, `counts`, `whole`), by whom pyproject.toml names.
"""

from .as_json import as_json, texts_as_json
from .counts import PlaceCount, TimeCount
from .event import EventTexts, StoredClient, StoredEvent, StoredLocation, StoredNetwork
from .event_key import Cursor, EventKey
from .export import ExportPart, ExportRow
from .page import MAX_LIMIT, Page
from .question import About, Question
from .visible import Visible

__all__ = [
    "MAX_LIMIT",
    "About",
    "Cursor",
    "EventKey",
    "EventTexts",
    "ExportPart",
    "ExportRow",
    "Page",
    "PlaceCount",
    "Question",
    "StoredClient",
    "StoredEvent",
    "StoredLocation",
    "StoredNetwork",
    "TimeCount",
    "Visible",
    "as_json",
    "texts_as_json",
]
