"""Up to when events are past their retention: no message brings back what was purged, or soon will be."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from trailkeeper.models.backfills.purged import Floors, floors
from trailkeeper.models.engine import transaction
from trailkeeper.models.periods import id_floor
from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.wire import EARLIEST
from trailkeeper.worker.settings import WorkerSettings

from .judge import Judged, JudgeMessage
from .messages import Accepted, IncomingMessage, Rejected

FRESH_SECONDS = 60.0


class Expiry:
    """Refuses events of a time that is not kept any more.

    Args:
        settings: say how long each scope is kept.
        types: the event types, of which some have a retention of their own.
        engine: the database, which knows what was purged: a longer retention brings nothing back.
    """

    def __init__(self, settings: WorkerSettings, types: Iterable[EventType], engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._types = list(types)
        self._purged: Floors = {}
        self._floors: dict[str, tuple[UUID, datetime]] = {}
        self._known_at: float | None = None
        self._floors_of: datetime | None = None

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._known_at is None or now - self._known_at > FRESH_SECONDS:
            with transaction(self._engine) as connection:
                self._purged = floors(connection)
            self._known_at, self._floors_of = now, None

    def refusing(self, judge: JudgeMessage) -> JudgeMessage:
        """A judge that rejects events past their retention: by their ids, as purges remove by them.

        Raises:
            StoreError: what was purged is not known, as Postgres did not answer.
        """
        self._refresh()

        def judge_expired(message: IncomingMessage, now: datetime) -> Judged:
            verdict = judge(message, now)
            if isinstance(verdict, Rejected) or (before := self._before(verdict, now)) is None:
                return verdict
            moment = before.isoformat(timespec="seconds")
            detail = f"{verdict.event_type.tag} events before {moment} are past their retention"
            return Rejected(message, "expired", detail)

        return judge_expired

    def _before(self, accepted: Accepted, now: datetime) -> datetime | None:
        """Up to when events of its type are gone; None for one that is kept."""
        # a clock that was ahead and is set right goes back
        if self._floors_of is None or abs(now - self._floors_of) > timedelta(seconds=FRESH_SECONDS):
            self._floors = {each.tag: floor for each in self._types if (floor := self._floor(each, now))}
            self._floors_of = now
        floor = self._floors.get(accepted.event_type.tag)
        return floor[1] if floor is not None and accepted.event.id < floor[0] else None

    def _floor(self, kind: EventType, now: datetime) -> tuple[UUID, datetime] | None:
        days = kind.retention_days or getattr(self._settings, f"retention_{kind.scope}_days")
        kept = [] if days == "forever" else [max(now - timedelta(days=days), EARLIEST)]
        purged = self._purged.get((kind.scope, kind.tag if kind.retention_days is not None else None))
        ends = [*kept, *([purged] if purged else [])]
        return (id_floor(max(ends)), max(ends)) if ends else None
