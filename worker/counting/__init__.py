"""Whether every numbered event is accounted for: what waits, what is missing, and the alarm."""

from .accounts import Account
from .check import GapCheck, check
from .reconcile import Reconciliation, reconcile

__all__ = ["Account", "GapCheck", "Reconciliation", "check", "reconcile"]
