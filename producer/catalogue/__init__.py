"""The event types an application knows: ours ships PyPI's, an application adds its own."""

from .catalogue import Catalogue
from .event_type import SCOPES, Delivery, EventType, JsonType, Role, Scope, View
from .loader import load
from .sentence import render, sentence_parts

__all__ = [
    "SCOPES",
    "Catalogue",
    "Delivery",
    "EventType",
    "JsonType",
    "Role",
    "Scope",
    "View",
    "load",
    "render",
    "sentence_parts",
]
