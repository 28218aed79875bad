"""A backfill as a value: its states, how far it is, what one chunk of it did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

STATES = ("running", "paused", "cancelled", "finished", "failed")

CHANGES = {
    "pause": (("running",), "paused"),
    "resume": (("paused", "failed"), "running"),
    "cancel": (("running", "paused", "failed"), "cancelled"),
}
"""What an admin may do: from which states, and to which."""

ENDED = frozenset({"finished", "cancelled", "failed"})
"""States in which nothing happens any more by itself."""


HIDDEN = {"due_in", "attempts", "digest"}
"""Of no use to who reads it: `due_in` is past when it is read."""


class NoSuchBackfill(LookupError):  # noqa: N818 - what it says
    """No backfill has this id."""


class WrongState(ValueError):  # noqa: N818 - what it says
    """A backfill in this state cannot be paused, resumed or cancelled; nothing was changed."""


@dataclass(frozen=True)
class StoredBackfill:
    """A backfill as it stands.

    Attributes:
        kind: ``enrich``, ``import`` or ``dead_letters``.
        state: ``running``, ``paused``, ``cancelled``, ``finished`` or ``failed``.
        filters: what it is about; the shape is the kind's own.
        due_in: seconds until a chunk may begin; not above zero where one may now.
        throttle: the most it may see in a second; None for as fast as it goes.
        estimate: how much there is to see; None where that is not known yet.
        cursor: where the next chunk begins; None before the first.
        seen: events, lines or dead letters that were looked at.
        changed: those whose derivations changed, or that were stored.
        skipped: those that needed nothing: current already, or stored before.
        rejected: those that cannot be stored.
        detail: why it waits, is paused or failed.
        file: name of the import's file.
        lines: how many of its lines were taken in.
        complete: whether that is all of them.
    """

    id: int
    kind: str
    state: str
    filters: dict[str, Any]
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime
    due_in: float
    attempts: int
    throttle: int | None
    estimate: int | None
    cursor: dict[str, Any] | None
    seen: int
    changed: int
    skipped: int
    rejected: int
    detail: str | None
    file: str | None
    digest: bytes | None
    lines: int | None
    complete: bool | None

    def as_json(self) -> dict[str, Any]:
        """What a program is told of it, by command and API alike."""
        return {name: value for name, value in asdict(self).items() if name not in HIDDEN}

    @property
    def may(self) -> list[str]:
        """What an admin may do with it now: of the actions in `CHANGES`."""
        return [action for action, (states, _) in CHANGES.items() if self.state in states]


@dataclass(frozen=True)
class Advance:
    """What one chunk did: where the next begins (None: there is none), and how many had which fate.

    `stop` says why no other chunk is to begin unless an admin resumes the backfill.
    """

    cursor: dict[str, Any] | None
    seen: int = 0
    changed: int = 0
    skipped: int = 0
    rejected: int = 0
    stop: str | None = None
