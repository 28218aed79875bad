"""The stream as a source of ingestion: read, ingest, acknowledge. Knows nothing of Celery."""

from .drain import Drain
from .drainer import Drainer

__all__ = ["Drain", "Drainer"]
