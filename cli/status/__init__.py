"""What `trailkeeper status` shows, part by part; a part that cannot be known says why."""

from .alarms import Alarm, alarms
from .report import PARTS, collect

__all__ = ["PARTS", "Alarm", "alarms", "collect"]
