"""The spool: a durable queue on this machine, for while Redis does not take events.

`keeper` is what `emit` uses, `flushing` delivers, `status` reports. Each is imported only where it is needed.
"""

from .base import Spool, SpoolsMany

__all__ = ["Spool", "SpoolsMany"]
