"""What admins read and send: backfills, dead letters, orders; as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from models.backfills import EnrichFilters, Which
from producer.wire import REASONS

from . import admin_examples as examples
from .documents import Scope
from .filters import Id, Moment, refused

LARGEST_KEY = 2**63 - 1
LARGEST_BACKFILL = 2**31 - 1
LARGEST_THROTTLE = 1_000_000
MOST_IDS = 1_000

BackfillState = Literal["running", "paused", "cancelled", "finished", "failed"]
Action = Literal["pause", "resume", "cancel"]
LetterId = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Throttle = Annotated[int, Field(ge=1, le=LARGEST_THROTTLE)]
Tag = Annotated[str, Field(min_length=1, max_length=200)]
TIME: JsonDict = {"format": "date-time"}


class BackfillDocument(BaseModel):
    """A backfill as it stands."""

    model_config = ConfigDict(json_schema_extra={"example": examples.BACKFILL})

    id: int
    kind: Literal["enrich", "import", "dead_letters"]
    state: BackfillState
    filters: dict[str, Any] = Field(description="What it is about.")
    asked_by: str
    created_at: str = Field(json_schema_extra=TIME)
    started_at: str | None
    finished_at: str | None
    heartbeat_at: str = Field(json_schema_extra=TIME, description="When something was last heard of it.")
    throttle: int | None = Field(description="The most it may see in a second; null for as fast as it goes.")
    estimate: int | None = Field(description="About how much there is to see; null where nobody knows yet.")
    cursor: dict[str, Any] | None = Field(description="Where the next chunk begins.")
    seen: int
    changed: int = Field(description="Derived anew, or stored.")
    skipped: int = Field(description="Needed nothing, or were stored before.")
    rejected: int = Field(description="Can not be stored.")
    detail: str | None = Field(description="Why it waits, is paused or failed.")
    file: str | None
    lines: int | None
    complete: bool | None
    may: list[Action] = Field(description="What may be done with it now.")
    rejected_by_reason: dict[str, int] = Field(description="Of an import: its lines that are dead letters.")


class BackfillsDocument(BaseModel):
    """Backfills, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": examples.BACKFILLS})

    backfills: list[BackfillDocument]
    older: int | None = Field(description="Pass it as `before` for older ones; null at the end.")


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


class PreviewDocument(BaseModel):
    """What would be done; nothing was changed."""

    model_config = ConfigDict(json_schema_extra={"example": examples.PREVIEW})

    kind: str
    seen: int
    changed: int = Field(description="Would be derived anew, or stored.")
    skipped: int = Field(description="Need nothing.")
    rejected: dict[str, int] = Field(description="Could not be stored, by reason.")
    sample: list[dict[str, Any]]
    bad: list[dict[str, Any]]
    complete: bool = Field(description="False where there was not the time to look at all of it.")
    estimate: int = Field(description="About how much there is to see.")
    estimated_seconds: float


class OrderLinks(BaseModel):
    """Where to look on."""

    self: str
    backfill: str | None


class OrderDocument(BaseModel):
    """What an admin asked for, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ORDER})

    id: str
    action: str
    asked_by: str
    placed_at: str = Field(json_schema_extra=TIME)
    done_at: str | None
    state: Literal["waiting", "done", "refused"]
    backfill_id: int | None
    count: int | None = Field(description="Of a discard: how many letters.")
    preview: PreviewDocument | None
    problem: str | None = Field(description="Why it was refused.")
    links: OrderLinks


class LetterDocument(BaseModel):
    """A dead letter, without its message."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LETTER})

    id: int
    recorded_at: str = Field(json_schema_extra=TIME)
    stream: str
    stream_id: str
    reason: str
    detail: str
    deliveries: int
    size: int = Field(description="Of the message, in bytes.")


class LettersDocument(BaseModel):
    """Dead letters, newest first, and how many there are of each reason."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LETTERS})

    counts: dict[str, int]
    dead_letters: list[LetterDocument]
    older: int | None = Field(description="Pass it as `before` for older ones; null at the end.")


class WholeLetterDocument(LetterDocument):
    """A dead letter with its message: as text, or where it is none, in base64."""

    model_config = ConfigDict(json_schema_extra={"example": examples.WHOLE_LETTER})

    raw: str | None
    raw_base64: str | None


def _throttled(throttle: int | None) -> dict[str, int]:
    return {} if throttle is None else {"throttle": throttle}
