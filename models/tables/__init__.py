"""The tables. `models/migrations` builds the same; a test holds the two against each other.

No foreign keys leave this schema: history outlives what it tells of.
"""

from .backfills import Backfill, BackfillBlock, BackfillFile
from .base import SCOPES, VERSION_TABLE, Base
from .counting import Coverage, Gap, Producer, Tally
from .dictionaries import Client, Location
from .events import EventRow
from .governed import Erasure, Hold, Purge, Scrub, ScrubMark
from .messages import DeadLetter, Outgoing
from .orders import Order

__all__ = [
    "SCOPES",
    "VERSION_TABLE",
    "Backfill",
    "BackfillBlock",
    "BackfillFile",
    "Base",
    "Client",
    "Coverage",
    "DeadLetter",
    "Erasure",
    "EventRow",
    "Gap",
    "Hold",
    "Location",
    "Order",
    "Outgoing",
    "Producer",
    "Purge",
    "Scrub",
    "ScrubMark",
    "Tally",
]
