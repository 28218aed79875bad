"""Times as people type and read them, in UTC; a typed time without a zone is UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

MINUTE = 60
UNITS = ((86_400, "d"), (3_600, "h"), (MINUTE, "min"))


class Moment(click.ParamType[datetime]):
    """An ISO 8601 date or time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it.

        Raises:
            click.BadParameter: it is not a time.
        """
        try:
            time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is not a time; expected one such as 2026-11-24 or 2026-11-24T16:00:00Z",
                param,
                ctx,
            )


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
