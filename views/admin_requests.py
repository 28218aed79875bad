"""What admins ask for: which backfill, which dead letters; as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trailkeeper.models.backfills import EnrichFilters, Which
from trailkeeper.producer.wire import REASONS

from .documents import examples
from .documents.events import Scope
from .filters import Id, Moment, invalid_value

MAX_DEAD_LETTER = 2**63 - 1
MAX_BACKFILL = 2**31 - 1
MAX_THROTTLE = 1_000_000
MAX_IDS = 1_000
MAX_REASON = 1_000

DeadLetterId = Annotated[int, Field(ge=1, le=MAX_DEAD_LETTER)]
Throttle = Annotated[int, Field(ge=1, le=MAX_THROTTLE)]
Tag = Annotated[str, Field(min_length=1, max_length=200)]


class EnrichRequest(BaseModel):
    """Work out location, client and network of events again; facts are never altered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.ENRICH})

    kind: Literal["enrich"]
    which: Which = Field(
        default="missing",
        description="Events without a location, client or network; also those with older ones; or all.",
    )
    tags: list[Tag] = Field(default=[], max_length=50, description="Only events of these tags.")
    scope: Scope | None = None
    user: Id | None = Field(default=None, description="Only events about this user.")
    project: Id | None = Field(default=None, description="Only events about this project.")
    since: Moment | None = Field(default=None, description="Only events at this time or later.")
    until: Moment | None = Field(default=None, description="Only events before this time.")
    throttle: Throttle | None = Field(default=None, description="At most this many events a second.")

    def arguments(self) -> dict[str, Any]:
        """As arguments of a command.

        Raises:
            Problem: 422, naming the field and what was expected.
        """
        values: dict[str, Any] = {name: getattr(self, name) for name in EnrichFilters.__dataclass_fields__}
        try:
            filters = EnrichFilters(**values | {"tags": tuple(self.tags)})
        except ValueError as error:
            raise invalid_value(str(error)) from error
        return {"filters": filters.as_json(), **_throttled(self.throttle)}


class ReplayRequest(BaseModel):
    """Try dead letters again: those with these reasons, or these ids; without either, all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.REPLAY})

    kind: Literal["dead_letters"]
    reasons: list[Literal[*sorted(REASONS)]] = Field(default=[], max_length=50)  # type: ignore[valid-type]
    ids: list[DeadLetterId] = Field(default=[], max_length=MAX_IDS)
    throttle: Throttle | None = Field(default=None, description="At most this many events a second.")

    def arguments(self) -> dict[str, Any]:
        """As arguments of a command."""
        return {
            "reasons": sorted(set(self.reasons)),
            "ids": sorted(set(self.ids)),
            **_throttled(self.throttle),
        }


BackfillRequest = Annotated[EnrichRequest | ReplayRequest, Field(discriminator="kind")]
"""What kind of backfill, over what."""

ACTIONS: dict[str, str] = {"enrich": "enrich", "dead_letters": "replay"}
"""The command that starts each kind."""


class DiscardRequest(BaseModel):
    """Dead letters to delete for good."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.DISCARD})

    ids: list[DeadLetterId] = Field(min_length=1, max_length=MAX_IDS)
    reason: str = Field(
        min_length=1,
        max_length=MAX_REASON,
        pattern=r"\S",
        description="Why they are discarded, for the record.",
    )

    def arguments(self) -> dict[str, Any]:
        """As arguments of a command."""
        return {"ids": sorted(set(self.ids)), "reason": self.reason}


def _throttled(throttle: int | None) -> dict[str, int]:
    return {} if throttle is None else {"throttle": throttle}
