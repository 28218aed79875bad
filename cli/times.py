"""Times as people type and read them, in UTC; a typed time without a zone is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import click

MINUTE = 60
UNITS = ((86_400, "d"), (3_600, "h"), (MINUTE, "min"))


SPAN = re.compile(
    r"(\d{1,9}) ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)( ago)?", re.IGNORECASE | re.ASCII
)
SECONDS = {"s": 1, "m": MINUTE, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
EXPECTED = "24h, 7d, yesterday, 2026-11-24 or 2026-11-24T16:00:00Z (UTC where no zone is given)"


class Seconds(click.FloatRange):
    """A number of seconds within bounds; the parent takes ``nan`` for one that is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it.

        Raises:
            click.BadParameter: it is no number of seconds, or out of bounds.
        """
        seconds: float = super().convert(value, param, ctx)
        if not isfinite(seconds):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return seconds


class Moment(click.ParamType[datetime]):
    """An ISO 8601 date or time, a span of time such as ``24h``, or a day by its name.

    Args:
        ahead: spans are counted from now on, not back; for the end of what begins now.
    """

    name = "time"

    def __init__(self, *, ahead: bool = False) -> None:
        self._sign = 1 if ahead else -1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it.

        Raises:
            click.BadParameter: it is not a time.
        """
        try:
            time = value if isinstance(value, datetime) else self._read(value.strip(), datetime.now(UTC))
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time; expected one such as {EXPECTED}", param, ctx)

    def _read(self, text: str, now: datetime) -> datetime:
        if text.lower() == "now":
            return now
        if (days := DAYS.get(text.lower())) is not None:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
        if span := SPAN.fullmatch(text):
            sign = -1 if span[3] else self._sign
            return now + sign * timedelta(seconds=int(span[1]) * SECONDS[span[2][0].lower()])
        return datetime.fromisoformat(text)


def moment(time: datetime) -> str:
    """A time to the second, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """A duration in its largest unit: ``3.2 h``."""
    for length, unit in UNITS:
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def ago(time: datetime, now: datetime | None = None) -> timedelta:
    """How long ago it was."""
    return (now or datetime.now(UTC)) - time
