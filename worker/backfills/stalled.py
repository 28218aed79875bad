"""Stalled backfills: they should run, and their worker, their message or their command is gone."""

from __future__ import annotations

from datetime import timedelta

from trailkeeper.models.backfills.jobs import change_state, lock, stale
from trailkeeper.models.backfills.staging import left_behind
from trailkeeper.models.engine import transaction
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.settings import WorkerSettings

SILENCE = timedelta(seconds=8)
READING_SILENCE = timedelta(seconds=60)


def stalled_backfills(settings: WorkerSettings, silence: timedelta = SILENCE) -> list[int]:
    """The backfills that need another chunk started; imports whose command ended are paused.

    Raises:
        StoreUnavailable: Postgres did not answer.
    """
    with engine_for(settings, "backfill") as engine, transaction(engine) as connection:
        for identity in left_behind(connection, READING_SILENCE):
            job = lock(connection, identity)
            # what was taken in is stored first
            if job is not None and (job.cursor or {}).get("line", 0) >= (job.lines or 0):
                detail = (
                    f"the command that read {job.file} ended after line {job.lines}; run it again to continue"
                )
                change_state(connection, identity, "paused", detail)
        return stale(connection, silence)
