"""How long events are kept, and removing those past it."""

from .alone import Busy
from .policy import Rule, rules
from .purging import plan, purge
from .removal import Removal

__all__ = ["Busy", "Removal", "Rule", "plan", "purge", "rules"]
