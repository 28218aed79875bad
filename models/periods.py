"""Which partition an event belongs to: pure arithmetic on UTC time, no database.

User events are kept for a set time, so theirs are months, each small enough to
drop whole; the other scopes' are years. An id is a UUIDv7, so a stretch of time
is a range of ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from trailkeeper.models.tables import SCOPES

MONTHLY = frozenset({"user"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)  # the last period must end within what datetime can hold
MILLISECOND = timedelta(milliseconds=1)
NAME = re.compile(rf"events_({'|'.join(SCOPES)})_([0-9]{{4}})(?:_([0-9]{{2}}))?", re.ASCII)


@dataclass(frozen=True, order=True)
class Period:
    """The stretch of time that one partition holds: *start* belongs to it, *end* to the next.

    Attributes:
        scope: one of `SCOPES`.
        start: in UTC.
        end: in UTC.
    """

    scope: str
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """The partition's table: ``events_user_2026_11``, ``events_project_2026``."""
        pattern = "%Y_%m" if self.scope in MONTHLY else "%Y"
        return f"{self.parent}_{self.start.strftime(pattern)}"

    @property
    def parent(self) -> str:
        """The table of its scope: ``events_user``."""
        return f"events_{self.scope}"

    @property
    def low(self) -> UUID:
        """The lowest id that belongs to it."""
        return id_floor(self.start)

    @property
    def high(self) -> UUID:
        """The lowest id that belongs to the next."""
        return id_floor(self.end)

    def next(self) -> Period:
        """The period that begins where this one ends."""
        return period_of(self.scope, self.end)


def period_of(scope: str, moment: datetime) -> Period:
    """The one period of a scope that a moment (aware) falls in.

    Raises:
        ValueError: no such scope, or a time before 1970 or after 9998.
    """
    if scope not in SCOPES:
        raise ValueError(f"scope is {scope!r}; expected one of {', '.join(SCOPES)}")
    utc = _in_utc(moment)
    year, month = (utc.year, utc.month) if scope in MONTHLY else (utc.year, 1)
    months = 1 if scope in MONTHLY else 12
    return Period(scope, _first_of(year, month), _first_of(year, month + months))


def period_of_id(scope: str, identity: UUID) -> Period:
    """The one period of a scope that an event's id falls in: rows go by it, whatever their `occurred_at`.

    Raises:
        ValueError: no such scope, or a time after 9998.
    """
    return period_of(scope, moment_of(identity))


def period_named(name: str) -> Period | None:
    """The period whose partition has this name, or None if that is no partition's name."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    scope, year, month = match.groups()
    try:
        period = period_of(scope, _first_of(int(year), int(month or 1)))
    except ValueError:
        return None
    return period if period.name == name else None


def id_floor(moment: datetime) -> UUID:
    """The lowest id that an event of this millisecond, or of a later one, can have.

    Raises:
        ValueError: a time before 1970 or after 9998.
    """
    since_epoch = _in_utc(moment, including_end=True) - EPOCH
    return UUID(int=since_epoch // MILLISECOND << 80)


def moment_of(identity: UUID) -> datetime:
    """The millisecond that an id was made in.

    Raises:
        ValueError: a time after 9998.
    """
    try:
        return EPOCH + (identity.int >> 80) * MILLISECOND
    except OverflowError:
        raise ValueError(f"{identity} is out of range; expected a time from 1970 to 9998") from None


def _in_utc(moment: datetime, *, including_end: bool = False) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; expected an aware time")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = END + MILLISECOND
    if not (EPOCH <= utc < END or (including_end and utc == END)):
        raise ValueError(f"{moment.isoformat()} is out of range; expected a time from 1970 to 9998")
    return utc


def _first_of(year: int, month: int) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)
