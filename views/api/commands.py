"""What admins send: which backfill, which dead letters; as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trailkeeper.models.backfills import EnrichFilters, Which
from trailkeeper.producer.wire import REASONS

from . import admin_examples as examples
from .documents import Scope
from .filters import Id, Moment, refused

LARGEST_KEY = 2**63 - 1
LARGEST_BACKFILL = 2**31 - 1
LARGEST_THROTTLE = 1_000_000
MOST_IDS = 1_000

LetterId = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Throttle = Annotated[int, Field(ge=1, le=LARGEST_THROTTLE)]
Tag = Annotated[str, Field(min_length=1, max_length=200)]


class Enrich(BaseModel):
    """Location and client of events anew; facts are never altered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.ENRICH})

    kind: Literal["enrich"]
    which: Which = Field(default="missing", description="What has none; also older ones; or all.")
    tags: list[Tag] = Field(default=[], max_length=50, description="Only events of these tags.")
    scope: Scope | None = None
    user: Id | None = Field(default=None, description="Only events about this user.")
    project: Id | None = Field(default=None, description="Only events about this project.")
    since: Moment | None = Field(default=None, description="Only of this time and later.")
    until: Moment | None = Field(default=None, description="Only before this time.")
    throttle: Throttle | None = Field(default=None, description="At most so many in a second.")

    def given(self) -> dict[str, Any]:
        """The same as an order has it.

        Raises:
            Problem: 422, naming the field and what was expected.
        """
        asked: dict[str, Any] = {name: getattr(self, name) for name in EnrichFilters.__dataclass_fields__}
        try:
            filters = EnrichFilters(**asked | {"tags": tuple(self.tags)})
        except ValueError as error:
            raise refused(str(error)) from error
        return {"filters": filters.as_json(), **_throttled(self.throttle)}


class Replay(BaseModel):
    """Dead letters tried again: of these reasons, of these ids; all without either."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.REPLAY})

    kind: Literal["dead_letters"]
    reasons: list[Literal[*sorted(REASONS)]] = Field(default=[], max_length=50)  # type: ignore[valid-type]
    ids: list[LetterId] = Field(default=[], max_length=MOST_IDS)
    throttle: Throttle | None = Field(default=None, description="At most so many in a second.")

    def given(self) -> dict[str, Any]:
        """The same as an order has it."""
        return {
            "reasons": sorted(set(self.reasons)),
            "ids": sorted(set(self.ids)),
            **_throttled(self.throttle),
        }


Asked = Annotated[Enrich | Replay, Field(discriminator="kind")]
"""What kind of backfill, over what."""

ACTIONS: dict[str, str] = {"enrich": "enrich", "dead_letters": "replay"}
"""What the order for a kind is called."""


class Discard(BaseModel):
    """Dead letters to be removed for good."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.DISCARD})

    ids: list[LetterId] = Field(min_length=1, max_length=MOST_IDS)
    reason: str = Field(
        min_length=1, max_length=1_000, pattern=r"\S", description="Why they are of no use, for the record."
    )

    def given(self) -> dict[str, Any]:
        """The same as an order has it."""
        return {"ids": sorted(set(self.ids)), "reason": self.reason}


def _throttled(throttle: int | None) -> dict[str, int]:
    return {} if throttle is None else {"throttle": throttle}
