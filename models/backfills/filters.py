"""Filters of backfills: checked when they are made, and stored as JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal, Self, get_args

from trailkeeper.models.periods import EPOCH, id_floor
from trailkeeper.models.tables import SCOPES

Which = Literal["missing", "older", "all"]


class _Filters:
    """Any filters, as a dataclass."""

    def as_json(self) -> dict[str, Any]:
        """The filters that are set, as JSON has them; `from_json` reads them back."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]  # of a subclass
        return {name: _as_json(value) for name, value in values if value not in (None, ())}


@dataclass(frozen=True)
class EnrichFilters(_Filters):
    """Which events get new derivations.

    Attributes:
        which: ``missing``: those without derivations; ``older``: also those with derivations from other data
            than are installed now; ``all``.
        tags: only these; all without any.
        scope: only of this scope.
        user: only about the user of this id.
        project: only about the project of this id.
        since: only of this time and later (aware).
        until: only before this time (aware).

    Raises:
        ValueError: names the filter, its value and what was expected.
    """

    which: Which = "missing"
    tags: tuple[str, ...] = ()
    scope: str | None = None
    user: str | None = None
    project: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.which not in get_args(Which):
            raise ValueError(f"which is {self.which!r}; expected one of {', '.join(get_args(Which))}")
        if self.scope is not None and self.scope not in SCOPES:
            raise ValueError(f"scope is {self.scope!r}; expected one of {', '.join(SCOPES)}")
        for moment in filter(None, (self.since, self.until)):
            id_floor(moment)  # says what is wrong with a time
        if self.since and self.until and self.until <= self.since:
            raise ValueError(f"until {self.until.isoformat()} is not after since {self.since.isoformat()}")

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes to walk, in order."""
        return SCOPES if self.scope is None else (self.scope,)

    @property
    def range(self) -> tuple[datetime, datetime]:
        """From when, and until before when; of one without an end, ask `ending` first."""
        assert self.until is not None
        return self.since or EPOCH, self.until

    def ending(self, moment: datetime) -> Self:
        """The same with an end, so that a walk comes to one although new events are stored."""
        return self if self.until else replace(self, until=moment)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The filters from what `as_json` made."""
        times = {name: datetime.fromisoformat(values[name]) for name in ("since", "until") if name in values}
        return cls(**values | times | {"tags": tuple(values.get("tags", ()))})


@dataclass(frozen=True)
class ReplayFilters(_Filters):
    """Which dead letters are tried again: of these reasons, with these ids; all if neither is set.

    Attributes:
        upto: the highest id, so that dead letters that arrive meanwhile are left out.
    """

    upto: int
    reasons: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The filters from what `as_json` made."""
        return cls(values["upto"], tuple(values.get("reasons", ())), tuple(values.get("ids", ())))


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
