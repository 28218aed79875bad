"""The stream as a source of ingestion: read, ingest, acknowledge. Knows nothing of Celery."""

from .drainer import Drainer

__all__ = ["Drainer"]
