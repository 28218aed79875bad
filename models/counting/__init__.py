"""What became of each number that a producer gave to its events: tallies, what they cover, and gaps.

Numbers of one process begin at 1. Who decides an event's fate adds it to a tally in
the same transaction; beat merges tallies and finds what none of them holds. Reading a
gap never reads events.
"""

from .producers import Producers
from .ranges import Ranges, from_text, missing, ranges_of, size, to_text
from .tallies import Fate, Key, add, grouped

__all__ = [
    "Fate",
    "Key",
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
