"""What stands in Redis beside the stream: names of keys and fields, for writers and readers alike."""

from __future__ import annotations

from datetime import datetime

GROUP = "drain"
"""The stream's one consumer group."""

LATENCY_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Upper bounds in seconds of the buckets in which the time from `occurred_at` to the commit is counted."""

LATENCY_SUM = "latency_ms"
"""Field of the totals: these times added up, in milliseconds."""


def minute_key(stream: str, moment: datetime) -> str:
    """A hash with what became of messages in one minute, by fate; it expires after some hours."""
    return f"{stream}:stats:{moment:%H%M}"


def totals_key(stream: str) -> str:
    """A hash with what became of messages since the stream began: fates, and the buckets of latency."""
    return f"{stream}:totals"


def latency_field(bound: float | None) -> str:
    """Field of the totals: how many took at most *bound* seconds, more than the one before; None: longer."""
    return "latency_le_inf" if bound is None else f"latency_le_{bound:g}"


def pause_key(stream: str) -> str:
    """The key that is there while nobody drains, and says why."""
    return f"{stream}:pause"


def outages_key(stream: str) -> str:
    """A hash of what keeps drains waiting, by cause, with the time it began; gone with the next success."""
    return f"{stream}:outages"


def last_write_key(stream: str) -> str:
    """The key that holds when a worker last saw that Redis takes writes: a full one keeps it as it was."""
    return f"{stream}:last_write"


def crash_markers_key(stream: str) -> str:
    """A hash of messages that are handled alone, with the deaths of processes on each."""
    return f"{stream}:crash_markers"


def beat_key(stream: str) -> str:
    """The key that holds the time of beat's last sign of life."""
    return f"{stream}:beat"


def admin_commands_key(stream: str) -> str:
    """The key that is there when an admin has placed an order: a hint, so that workers look at once."""
    return f"{stream}:admin_commands"


def policy_key(stream: str) -> str:
    """The key under which workers tell which retention policy is in force, as JSON."""
    return f"{stream}:policy"
