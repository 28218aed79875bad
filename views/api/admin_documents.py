"""What admins read: backfills, dead letters, orders; as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from . import admin_examples as examples

BackfillState = Literal["running", "paused", "cancelled", "finished", "failed"]
Action = Literal["pause", "resume", "cancel"]
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
