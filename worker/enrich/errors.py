"""What can be wrong with location data."""

from __future__ import annotations


class UnusableDatabase(Exception):  # noqa: N818 - reads as the sentence it is in an `except`
    """A MaxMind-format file that cannot be opened or read now: names the file and what is wrong."""
