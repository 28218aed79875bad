"""Redis keys and fields beside the stream, as the worker, the views and the command use them."""

from __future__ import annotations

from datetime import datetime

GROUP = "drain"
"""The stream's one consumer group."""

LATENCY_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Upper bounds, in seconds, of the histogram of the time from `occurred_at` to the commit."""

LATENCY_SUM = "latency_ms"
"""Field of the totals: the sum of these times, in milliseconds."""


def minute_key(stream: str, moment: datetime) -> str:
    """A hash that counts the messages of one minute by fate; expires after some hours."""
    return f"{stream}:stats:{moment:%H%M}"


def totals_key(stream: str) -> str:
    """A hash that counts all messages so far, by fate and by latency bucket."""
    return f"{stream}:totals"


def latency_field(bound: float | None) -> str:
    """Field of the totals: messages that took at most *bound* seconds, but more than the bound before."""
    return "latency_le_inf" if bound is None else f"latency_le_{bound:g}"


def pause_key(stream: str) -> str:
    """The key that exists while draining is paused, and holds the reason."""
    return f"{stream}:pause"


def outages_key(stream: str) -> str:
    """A hash of what keeps drains waiting: cause, and the time it began; removed by the next success."""
    return f"{stream}:outages"


def last_write_key(stream: str) -> str:
    """The key with the time at which a worker could last write to Redis; a full Redis keeps the old value."""
    return f"{stream}:last_write"


def crash_markers_key(stream: str) -> str:
    """A hash of the messages that a process died with, or handles as suspects now: how often."""
    return f"{stream}:crash_markers"


def beat_key(stream: str) -> str:
    """The key with the time of beat's last sign of life."""
    return f"{stream}:beat"


def admin_commands_key(stream: str) -> str:
    """The key that exists when an admin command was placed: a hint, so that workers check at once."""
    return f"{stream}:admin_commands"


def policy_key(stream: str) -> str:
    """The key with the retention policy that the workers apply, as JSON."""
    return f"{stream}:policy"
