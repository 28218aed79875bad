"""The spool: a durable queue on this machine, for while Redis does not take events.

`keeper` is what `emit` uses, `flushing` delivers, `status` tells. They are imported by who needs them.
"""

from .base import Spool

__all__ = ["Spool"]
