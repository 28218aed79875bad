"""How long events are kept, and with what in them: purge, scrub, erasure, and holds, which win over them."""

from .advisory_lock import Busy
from .collecting import collect_orphans
from .erasing import ErasureReceipt, Undrained, erase, erasure_plan
from .holding import UnknownHold, WrongHold, add_hold, list_holds, release_hold
from .policy import Rule, rules
from .purging import plan, purge
from .removal import Removal
from .scrubbing import Scrubbed, scrub, scrub_plan
from .showing import RetentionPolicy, policy

__all__ = [
    "Busy",
    "ErasureReceipt",
    "Removal",
    "RetentionPolicy",
    "Rule",
    "Scrubbed",
    "Undrained",
    "UnknownHold",
    "WrongHold",
    "add_hold",
    "collect_orphans",
    "erase",
    "erasure_plan",
    "list_holds",
    "plan",
    "policy",
    "purge",
    "release_hold",
    "rules",
    "scrub",
    "scrub_plan",
]
