"""From the stream to the table: read, judge, derive, write, acknowledge. Knows nothing of Celery."""

from .drain import Drain
from .factory import Drainer
from .fates import RETRY, FuseBlown
from .report import Report

__all__ = ["RETRY", "Drain", "Drainer", "FuseBlown", "Report"]
