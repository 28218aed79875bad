"""Erasing the personal data of one user, who asked for it: in the table, the dead letters and the stream."""

from .job import erase, erasure_plan
from .receipt import ErasureReceipt
from .waiting import Undrained

__all__ = ["ErasureReceipt", "Undrained", "erase", "erasure_plan"]
