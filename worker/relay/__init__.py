"""The outbox as a source of ingestion: taken and stored in one transaction. Knows nothing of Celery."""

from .poller import OutboxPoller
from .relayer import Relayer

__all__ = ["OutboxPoller", "Relayer"]
