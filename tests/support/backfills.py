"""What tests of backfills need: files of lines, backfills started, run to their end and looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from trailkeeper.models.backfills import ENDED, EnrichFilters, ReplayFilters, StoredBackfill, find
from trailkeeper.models.engine import transaction
from trailkeeper.producer.catalogue import load
from trailkeeper.worker.backfills import Requests, Runner
from trailkeeper.worker.backfills.checks import enrich_filters, replay_filters
from trailkeeper.worker.backfills.event_file import opened
from trailkeeper.worker.backfills.prefetch import Prefetch
from trailkeeper.worker.backfills.staging import stage_file

CATALOGUE = load()
ADMIN = "ada"
LONG_AGO = datetime(2019, 3, 1, 9, tzinfo=UTC)


def a_line(number: int = 0, **facts: Any) -> dict[str, Any]:
    """A login, one minute after the one before it."""
    moment = LONG_AGO + timedelta(minutes=number)
    line = {"tag": "account:login:success", "occurred_at": moment.isoformat(), "user": f"u{number % 50}"}
    return line | {"ip": f"8.8.{number % 250}.8", "user_agent": "twine/4.0.2 CPython/3.11.3"} | facts


def write_lines(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    """A file of lines; a text is written as it is."""
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def look_at_nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each chunk do all of its work itself, as the first one does: then a test can stand in its way."""
    monkeypatch.setattr(Prefetch, "begin", lambda *_: None)


def start_import(engine: Engine, path: Path, **options: Any) -> StoredBackfill:
    """Start an import and take all of its lines in."""
    with opened(str(path)) as source:
        with transaction(engine) as connection:
            job = Requests(connection, CATALOGUE, ADMIN).take_file(source.name, source.digest, **options)
        stage_file(engine, source, job)
    return job


def start_enrich(engine: Engine, throttle: int | None = None, **filters: Any) -> int:
    """Start to enrich anew."""
    with transaction(engine) as connection:
        found = enrich_filters(connection, CATALOGUE, EnrichFilters(**filters))
        return Requests(connection, CATALOGUE, ADMIN).enrich(found, throttle)


def start_replay(engine: Engine, **which: Any) -> int:
    """Start to replay dead letters."""
    with transaction(engine) as connection:
        filters: ReplayFilters = replay_filters(connection, **which)
        return Requests(connection, CATALOGUE, ADMIN).replay(filters)


def run_to_end(runner: Runner, identity: int) -> StoredBackfill:
    """Chunk after chunk, each when it is due, until there is no other."""
    while (step := runner.step(identity)).state == "running":
        time.sleep(step.seconds)  # as the runner asks
    return standing(runner.engine, identity)


def standing(engine: Engine, identity: int) -> StoredBackfill:
    """A backfill as it stands."""
    with transaction(engine) as connection:
        found = find(connection, identity)
    assert found is not None
    return found


def counts(job: StoredBackfill) -> tuple[str, int, int, int, int]:
    """State, seen, changed, skipped, rejected."""
    return job.state, job.seen, job.changed, job.skipped, job.rejected


def has_ended(engine: Engine, identity: int) -> bool:
    """Whether nothing happens any more by itself."""
    return standing(engine, identity).state in ENDED
