"""What somebody or something of an event is called where people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trailkeeper.producer.deceptive import is_visible


def name_of(subject: Mapping[str, Any] | None) -> str | None:
    """The name, or the id where it has none or one of which nothing can be seen."""
    if subject is None:
        return None
    name: str | None = subject.get("name")
    return name if name and is_visible(name) else subject.get("id")
