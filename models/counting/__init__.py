"""What became of each number that a producer gave to its events: counts, what they cover, and gaps.

Numbers of one process begin at 1. Who decides an event's fate adds it to a count in
the same transaction; beat merges counts and finds what none of them holds. Reading a
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
