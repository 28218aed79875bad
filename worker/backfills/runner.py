"""Chunks of backfills, each one transaction together with the cursor. Knows nothing of Celery.

The chunk locks the backfill's row, works from the cursor on, moves the cursor
and commits. So a process that dies loses one uncommitted chunk at most, and two
processes never do the same chunk.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta

import msgspec
from sqlalchemy import Connection

from trailkeeper.models.backfills import Advance, StoredBackfill
from trailkeeper.models.backfills.jobs import (
    advance,
    change_state,
    count_attempt,
    find,
    forget_attempt,
    lock,
    put_off,
    wait_for,
)
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreError
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.worker.backlog import Backlogs
from trailkeeper.worker.engines import engine_of
from trailkeeper.worker.gil_switch_interval import short_gil_switch_interval
from trailkeeper.worker.ingest.dead_letters import detail_text
from trailkeeper.worker.ingest.fates import RETRY
from trailkeeper.worker.recording import SYSTEM, record
from trailkeeper.worker.settings import WorkerSettings

from .parts import BackfillParts

logger = logging.getLogger(__name__)

ATTEMPTS = 10
"""A backfill fails after so many chunks that began and never ended: it kills its workers."""

BATCHES_BEHIND = 10
"""While so many batches wait in the stream, ingestion goes first."""

EARLY_SECONDS = 0.01
"""Start a chunk that is due within this time: a timer may fire a little early."""

IDLE_MS = 120_000
"""The longest that a chunk may leave Postgres without anything to do: then its process hangs."""

YIELD_SECONDS = 2.0
LINES_SECONDS = 0.05
"""How often to check whether more lines of an import were staged."""


class ChunkResult(msgspec.Struct, frozen=True):
    """The result of one call.

    Attributes:
        state: of the backfill; ``unknown`` where somebody else works on it.
        mine: whether a chunk was done here, so that the next one is for the caller to start.
        seconds: when that may begin.
        seen: how many events, lines or dead letters were read.
    """

    state: str
    mine: bool = False
    seconds: float = 0.0
    seen: int = 0


class Runner:
    """Runs chunks. One a process; made within it, after a fork.

    Attributes:
        engine: its connections.
        parts: what it works with.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self.engine = engine_of(settings, "backfill", pool_size=3, idle_timeout_ms=IDLE_MS)
        self._backlogs = Backlogs(settings)
        self.parts = BackfillParts(self.engine, settings)

    def step(self, identity: int, *, after_silence: bool = False) -> ChunkResult:
        """Do one chunk of a backfill, if it is running, due, and not locked by another process.

        Args:
            identity: of the backfill.
            after_silence: nothing was heard of it for a while, so the chunk may have killed its process.

        Raises:
            One of `fates.RETRY`: nothing was changed; the same again will work later.
        """
        is_counted = False
        try:
            is_counted = after_silence and self._count_attempt(identity)
            behind = self._is_behind()
            with short_gil_switch_interval(), transaction(self.engine) as connection:
                return self._step(connection, identity, behind=behind)
        except RETRY:
            if is_counted:
                self._forget_attempt(identity)
            raise
        except Exception as error:
            logger.exception("backfill failed", extra={"backfill": identity})
            return self._fail(identity, f"{type(error).__name__}: {error}"[:1000])

    def run(self, identity: int, seconds: float, *, after_silence: bool = False) -> ChunkResult:
        """Do chunks for some time, as long as each may begin at once; returns the last result.

        Args:
            identity: of the backfill.
            seconds: after so many none is begun any more.
            after_silence: see `step`.

        Raises:
            One of `fates.RETRY`: what is committed stays; the same again will work later.
        """
        deadline = time.monotonic() + seconds
        step = self.step(identity, after_silence=after_silence)
        while step.mine and step.state == "running" and not step.seconds and time.monotonic() < deadline:
            step = self.step(identity)
        return step

    def close(self) -> None:
        """Give connections back."""
        self.parts.close()
        self.engine.dispose()
        self._backlogs.close()

    def _step(self, connection: Connection, identity: int, *, behind: bool) -> ChunkResult:
        job = lock(connection, identity)
        if job is None:
            return ChunkResult(self._state(connection, identity))
        if job.state != "running" or job.due_in > EARLY_SECONDS:
            return ChunkResult(job.state, seconds=max(job.due_in, 0.0))
        if behind:
            put_off(connection, identity, timedelta(seconds=YIELD_SECONDS), "waits for ingestion")
            return ChunkResult("running", mine=True, seconds=YIELD_SECONDS)
        return self._chunk(connection, job)

    def _chunk(self, connection: Connection, job: StoredBackfill) -> ChunkResult:
        began = time.monotonic()
        work = self.parts.kinds[job.kind]
        done = work.chunk(connection, job, min(work.size, job.throttle or work.size))
        due_in = pause(job, done, time.monotonic() - began)
        advance(connection, job.id, done, timedelta(seconds=due_in))
        if done.stop is not None:
            self._end(connection, job.id, "failed", detail_text(done.stop))
            return ChunkResult("failed", mine=True, seen=done.seen)
        if done.cursor is not None:
            return ChunkResult("running", mine=True, seconds=due_in, seen=done.seen)
        self._end(connection, job.id, "finished")
        return ChunkResult("finished", mine=True, seen=done.seen)

    def _end(self, connection: Connection, identity: int, state: str, detail: str | None = None) -> None:
        change_state(connection, identity, state, detail)
        job = find(connection, identity)
        assert job is not None
        facts = {"backfill_id": str(identity), "kind": job.kind, "state": state, "events": job.changed}
        record(connection, self.parts.catalogue, "system:backfill:finish", SYSTEM, facts)

    def _fail(self, identity: int, detail: str) -> ChunkResult:
        with transaction(self.engine) as connection:
            job = wait_for(connection, identity)
            if job is not None and job.state == "running":
                self._end(connection, identity, "failed", detail_text(detail))
            return ChunkResult("failed")

    def _count_attempt(self, identity: int) -> bool:
        """Count one more attempt, or end a backfill that had enough; returns whether it was counted."""
        with transaction(self.engine) as connection:
            job = lock(connection, identity)
            if job is None or job.state != "running" or job.due_in > 0:
                return False
            if job.attempts >= ATTEMPTS:
                self._end(
                    connection, identity, "failed", f"{ATTEMPTS} chunks were begun here and did not end"
                )
                return False
            count_attempt(connection, identity)
            return True

    def _forget_attempt(self, identity: int) -> None:
        with suppress(StoreError), transaction(self.engine) as connection:
            forget_attempt(connection, identity)

    def _state(self, connection: Connection, identity: int) -> str:
        return "missing" if find(connection, identity) is None else "unknown"

    def _is_behind(self) -> bool:
        try:
            backlog, _ = self._backlogs.read()
        except StreamUnavailable:
            return False  # then nothing is ingested either
        return backlog.new > BATCHES_BEHIND * self._settings.batch_size


def pause(job: StoredBackfill, done: Advance, spent: float) -> float:
    """Seconds until the next chunk may begin."""
    if done.cursor is not None and not done.seen and done.cursor == (job.cursor or done.cursor):
        return LINES_SECONDS
    return max(0.0, done.seen / job.throttle - spent) if job.throttle else 0.0
