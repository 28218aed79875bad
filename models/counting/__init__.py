"""What became of each sequence number of a producer: counts by fate, coverage, and gaps.

Numbers of one process begin at 1. The transaction that decides an event's fate adds its
number to a count; beat merges counts and finds numbers that none of them has. Finding a
gap never reads events.
"""

from .event_counts import CountKey, Fate, add, grouped
from .producers import Producers
from .ranges import Ranges, from_text, missing, ranges_of, size, to_text

__all__ = [
    "CountKey",
    "Fate",
    "Producers",
    "Ranges",
    "add",
    "from_text",
    "grouped",
    "missing",
    "ranges_of",
    "size",
    "to_text",
]
