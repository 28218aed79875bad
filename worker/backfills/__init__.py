"""Backfills: governed, resumable jobs over stored or imported events. Knows nothing of Celery."""

from .checks import InvalidRequest, NothingToDo
from .requests import Requests
from .runner import ChunkResult, Runner
from .stalled import stalled_backfills

__all__ = ["ChunkResult", "InvalidRequest", "NothingToDo", "Requests", "Runner", "stalled_backfills"]
