"""Whether every numbered event is accounted for: what waits, what is missing, and who is told."""

from .accounts import Line
from .check import Checked, check
from .reconcile import Reconciliation, reconcile

__all__ = ["Checked", "Line", "Reconciliation", "check", "reconcile"]
