"""How long events are kept, and removing those past it."""

from .policy import Rule, rules
from .purging import Busy, Removal, plan, purge

__all__ = ["Busy", "Removal", "Rule", "plan", "purge", "rules"]
