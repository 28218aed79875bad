"""What a backfill is about, as values that can be checked, kept as JSON and read back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self, get_args

from trailkeeper.models.periods import EPOCH, id_floor
from trailkeeper.models.tables import SCOPES

Which = Literal["missing", "older", "all"]


@dataclass(frozen=True)
class EnrichFilters:
    """Which events get their location and client anew.

    Attributes:
        which: ``missing``: what was not found yet; ``older``: that, and what was found with other data than
            those now at hand; ``all``.
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

    def as_json(self) -> dict[str, Any]:
        """What is asked for, as JSON knows it; without what is not."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """What `as_json` made, read back."""
        times = {name: datetime.fromisoformat(found[name]) for name in ("since", "until") if name in found}
        values: dict[str, Any] = found | times
        return cls(**values | {"tags": tuple(found.get("tags", ()))})


@dataclass(frozen=True)
class ReplayFilters:
    """Which dead letters are tried again: of these reasons, of these ids; all without either.

    Attributes:
        upto: the last id that is looked at, so that a letter that comes meanwhile is not.
    """

    upto: int
    reasons: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What is asked for, as JSON knows it; without what is not."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """What `as_json` made, read back."""
        return cls(found["upto"], tuple(found.get("reasons", ())), tuple(found.get("ids", ())))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_json(value) for name, value in values.items() if value not in (None, ())}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
