"""Keys of the advisory locks that make whole jobs run once at a time, over all processes and machines."""

from __future__ import annotations

_OURS = int.from_bytes(b"trail", "big") << 8  # so that an application in the same database does not collide

MIGRATING = _OURS | 1
MAKING_PARTITIONS = _OURS | 2
DROPPING_PARTITIONS = _OURS | 3
PURGING = _OURS | 4
HOLDING = _OURS | 5
"""Taken by whoever adds a hold; shared, by each transaction that removes or scrubs events."""
SCRUBBING = _OURS | 6
ERASING = _OURS | 7
COUNTING = _OURS | 8
"""Taken by whoever merges or moves tallies; not by those who only add some."""
