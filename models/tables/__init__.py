"""The tables. `models/migrations` builds the same; a test holds the two against each other.

No foreign keys leave this schema: history outlives what it tells of.
"""

from .admin_commands import AdminCommandRow
from .backfills import Backfill, BackfillBlock, BackfillFile
from .base import SCOPES, VERSION_TABLE, Base
from .counting import Coverage, EventCountRow, GapRow, Producer
from .dictionaries import ClientRow, DictionaryRow, LocationRow, NetworkRow
from .events import EventRow
from .governed import ErasedPerson, Erasure, Hold, Purge, Scrub, ScrubMark
from .kept_secrets import ImportSecretRow, KeptSecretRow, ViewsSecretRow
from .messages import DeadLetterRow, Outgoing
from .stored_batches import StoredBatchRow

__all__ = [
    "SCOPES",
    "VERSION_TABLE",
    "AdminCommandRow",
    "Backfill",
    "BackfillBlock",
    "BackfillFile",
    "Base",
    "ClientRow",
    "Coverage",
    "DeadLetterRow",
    "DictionaryRow",
    "ErasedPerson",
    "Erasure",
    "EventCountRow",
    "EventRow",
    "GapRow",
    "Hold",
    "ImportSecretRow",
    "KeptSecretRow",
    "LocationRow",
    "NetworkRow",
    "Outgoing",
    "Producer",
    "Purge",
    "Scrub",
    "ScrubMark",
    "StoredBatchRow",
    "ViewsSecretRow",
]
