"""Numbers of rows as they stand in addresses."""

from __future__ import annotations

from trailkeeper.views.errors import NotFound


def key(text: str, largest: int) -> int:
    """A number that a row may have.

    Raises:
        NotFound: it is none, so there is no such row.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(largest))) or int(text) > largest:
        raise NotFound(f"{text[:40]!r} is the number of nothing")
    return int(text)
