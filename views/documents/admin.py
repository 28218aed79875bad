"""What admins read: backfills, dead letters, commands; as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from . import examples

BackfillState = Literal["running", "paused", "cancelled", "finished", "failed"]
Action = Literal["pause", "resume", "cancel"]
TIME: JsonDict = {"format": "date-time"}


class BackfillDocument(BaseModel):
    """A backfill and its progress."""

    model_config = ConfigDict(json_schema_extra={"example": examples.BACKFILL})

    id: int
    kind: Literal["enrich", "import", "dead_letters"]
    state: BackfillState
    filters: dict[str, Any] = Field(description="Which events or dead letters it covers.")
    requested_by: str
    created_at: str = Field(json_schema_extra=TIME)
    started_at: str | None
    finished_at: str | None
    heartbeat_at: str = Field(json_schema_extra=TIME, description="When a worker last reported progress.")
    throttle: int | None = Field(description="The most it may look at in a second; null for no limit.")
    estimate: int | None = Field(description="About how much there is to look at; null while nobody knows.")
    cursor: dict[str, Any] | None = Field(description="Where the next chunk begins.")
    seen: int
    changed: int = Field(description="Enriched again, or stored.")
    skipped: int = Field(description="Needed no change, or were stored before.")
    rejected: int = Field(description="Cannot be stored.")
    detail: str | None = Field(description="Why it waits, is paused or failed.")
    file: str | None
    lines: int | None
    complete: bool | None
    may: list[Action] = Field(description="What can be done with it now.")
    rejected_by_reason: dict[str, int] = Field(
        description="Of an import: how many lines became dead letters, by reason."
    )


class BackfillsDocument(BaseModel):
    """Backfills, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": examples.BACKFILLS})

    backfills: list[BackfillDocument]
    older: int | None = Field(description="Pass it as `before` for older ones; null at the end.")


class PreviewDocument(BaseModel):
    """What a backfill would do; nothing was changed."""

    model_config = ConfigDict(json_schema_extra={"example": examples.PREVIEW})

    kind: str
    seen: int
    changed: int = Field(description="Would be enriched again, or stored.")
    skipped: int = Field(description="Need no change.")
    rejected: dict[str, int] = Field(description="Could not be stored, by reason.")
    sample: list[dict[str, Any]] = Field(description="The first that would change, by id.")
    bad: list[dict[str, Any]] = Field(description="The first that could not be stored.")
    complete: bool = Field(description="False if there was not enough time to look at everything.")
    estimate: int = Field(description="About how much there is to look at.")
    estimated_seconds: float


class CommandLinks(BaseModel):
    """Where to look next."""

    self: str
    backfill: str | None


class CommandDocument(BaseModel):
    """A command of an admin, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": examples.COMMAND})

    id: str
    action: str
    requested_by: str
    requested_at: str = Field(json_schema_extra=TIME)
    finished_at: str | None
    state: Literal["waiting", "done", "refused"]
    backfill_id: int | None
    count: int | None = Field(description="Of a discard: how many dead letters.")
    preview: PreviewDocument | None
    problem: str | None = Field(description="Why it was refused.")
    links: CommandLinks


class DeadLetterDocument(BaseModel):
    """A dead letter, without its message."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DEAD_LETTER})

    id: int
    recorded_at: str = Field(json_schema_extra=TIME)
    stream: str
    stream_id: str
    reason: str
    detail: str
    deliveries: int
    size: int = Field(description="Of the message, in bytes.")


class DeadLettersDocument(BaseModel):
    """Dead letters, newest first, and how many there are with each reason."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DEAD_LETTERS})

    counts: dict[str, int]
    dead_letters: list[DeadLetterDocument]
    older: int | None = Field(description="Pass it as `before` for older ones; null at the end.")


class WholeDeadLetterDocument(DeadLetterDocument):
    """A dead letter with its message: as text, or in base64 if it is not text."""

    model_config = ConfigDict(json_schema_extra={"example": examples.WHOLE_DEAD_LETTER})

    raw: str | None
    raw_base64: str | None
