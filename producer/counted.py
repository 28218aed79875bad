"""Numbers of things in words, in the one place that knows the plural."""

from __future__ import annotations


def counted(amount: int, one: str, many: str = "") -> str:
    """A number of things, such as ``1 event``, ``2,000 events``, ``1 event is``, ``0 queries``.

    Args:
        amount: how many.
        one: what follows a 1.
        many: what follows any other number; *one* and an s if not given.
    """
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"
