"""Ids as somebody types them."""

from __future__ import annotations

from trailkeeper.producer.validation import id_of


def stored_id(typed: str) -> str:
    """An id as it is stored: `emit` cuts a long one. The type of an option or argument."""
    return id_of("id", typed)
