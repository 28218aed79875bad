"""From the outbox to the table: take, judge, derive, write, in one transaction. Knows nothing of Celery."""

from .factory import Relayer
from .relay import Relay
from .watch import Watch

__all__ = ["Relay", "Relayer", "Watch"]
