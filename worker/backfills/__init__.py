"""Backfills: governed, resumable jobs over stored or imported events. Knows nothing of Celery."""

from .checks import Absurd, NothingThere
from .requests import Requests
from .rousing import to_rouse
from .runner import Runner, Step

__all__ = ["Absurd", "NothingThere", "Requests", "Runner", "Step", "to_rouse"]
