"""Follows a backfill to its end, with a progress bar or lines of JSON; or runs it in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine

from trailkeeper.cli.errors import PROBLEM
from trailkeeper.cli.output import console, print_json, say
from trailkeeper.models.backfills import StoredBackfill, find
from trailkeeper.models.engine import transaction
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.settings import settings

from .showing import summary

POLL_SECONDS = 0.5
LINE_SECONDS = 2.0

Show = Callable[[StoredBackfill], None]


def start_chunk(identity: int) -> None:
    """Have a worker start at once; if the broker does not answer, it starts when beat looks next."""
    from trailkeeper.worker.control import start_chunk  # noqa: PLC0415 - imports Celery, which takes a while

    try:
        start_chunk(settings(), identity)
    except StreamUnavailable as error:
        say(f"the broker does not answer ({error}); a worker starts once it does")


def follow(engine: Engine, identity: int, *, here: bool, json_lines: bool) -> int:
    """Wait until a backfill stops running, and show its progress.

    Args:
        engine: the database.
        identity: of the backfill.
        here: do its chunks in this process; workers may take some as well.
        json_lines: print lines of JSON; the last says how it ended.

    Returns:
        The exit code: 0 if it finished.
    """
    with _interruptible(identity, here=here), _progress_shown(json_lines=json_lines) as show:
        job = _run_here(identity, show) if here else _wait(engine, identity, show)
    if json_lines:
        print_json(job.as_json())
    else:
        say(summary(job))
    return 0 if job.state == "finished" else PROBLEM


def _wait(engine: Engine, identity: int, show: Show) -> StoredBackfill:
    while True:
        job = _load(engine, identity)
        show(job)
        if job.state != "running":
            return job
        time.sleep(POLL_SECONDS)


def _run_here(identity: int, show: Show) -> StoredBackfill:
    runner = Runner(settings())
    try:
        while True:
            step = runner.step(identity)
            job = _load(runner.engine, identity)
            show(job)
            if job.state != "running":
                return job
            time.sleep(step.seconds if step.mine else max(step.seconds, POLL_SECONDS))
    finally:
        runner.close()


def _load(engine: Engine, identity: int) -> StoredBackfill:
    with transaction(engine) as connection:
        job = find(connection, identity)
    assert job is not None
    return job


@contextmanager
def _interruptible(identity: int, *, here: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        how = "once a worker takes it" if here else "without being watched"
        say(f"backfill {identity} goes on {how}; to end it: trailkeeper backfill cancel {identity}")
        raise


@contextmanager
def _progress_shown(*, json_lines: bool) -> Iterator[Show]:
    if json_lines:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = console(stderr=True)
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal, transient=True) as progress:
        bar = progress.add_task("backfill", total=None)

        def show(job: StoredBackfill) -> None:
            waits = f" ({job.detail})" if job.detail else ""
            progress.update(
                bar, description=f"{job.kind} {job.id}{waits}", completed=job.seen, total=job.estimate
            )

        yield show


def _lines() -> Show:
    last = time.monotonic()

    def show(job: StoredBackfill) -> None:
        nonlocal last
        if job.state == "running" and time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            print_json(job.as_json())

    return show
