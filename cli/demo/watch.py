"""Sends a source's events into a stack, shows them arriving, and waits until the last one has."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from rich.live import Live
from sqlalchemy import Engine

from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import console
from trailkeeper.cli.sentences import Sentences
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Question, StoredEvent
from trailkeeper.models.histories.page import read_page
from trailkeeper.producer.counted import counted
from trailkeeper.producer.settings import changed, read
from trailkeeper.worker.control import queues_by_worker
from trailkeeper.worker.settings import WorkerSettings

from .count import Totals, last_dead_letter, missing, totals
from .live import ROWS, picture
from .sent import Sent
from .source import Source

POLL_SECONDS = 0.25
STALLED_SECONDS = 60.0


def watch(stack: Stack, engine: Engine, source: Source, sentences: Sentences, *, quiet: bool) -> Totals:
    """Run a source to its end; on a terminal, and unless *quiet*, show the newest events meanwhile.

    Raises:
        Failed: nothing arrived for a minute while events were waiting.
        EmbeddedError, TrailkeeperError, OSError: the source could not go on.
    """
    _await_worker(stack)
    began, before, sent = time.monotonic(), last_dead_letter(engine), Sent()
    with ThreadPoolExecutor(1, "demo source") as thread:
        sender = thread.submit(source.send, stack, sent)
        try:
            with Live(console=console(stderr=True), transient=quiet, auto_refresh=False) as live:
                display = live if not quiet and live.console.is_terminal else None
                _follow(engine, sender, sent, stack, sentences=sentences, live=display)
        except BaseException:
            stack.request_stop()
            raise
    sender.result()
    return totals(engine, sent, dead_letters_before=before, seconds=time.monotonic() - began)


def _await_worker(stack: Stack) -> None:
    """Wait until a worker takes drains, so that its start is not measured."""
    deadline = time.monotonic() + STALLED_SECONDS
    settings = changed(read(WorkerSettings), {"redis_url": stack.redis_url})
    while not any("ingest" in queues for queues in queues_by_worker(settings, POLL_SECONDS).values()):
        if stack.is_stopping() or time.monotonic() > deadline:
            raise Failed(f"no worker answers; see {stack.home}/logs/worker.log")


def _follow(
    engine: Engine, sender: Future[None], sent: Sent, stack: Stack, *, sentences: Sentences, live: Live | None
) -> None:
    waiting = set(sent.moments())
    checked, progress = set(waiting), time.monotonic()
    while not stack.is_stopping() and (not sender.done() or waiting or len(checked) < len(sent)):
        known = set(sent.moments())
        left = missing(engine, waiting | (known - checked))
        if left != waiting or not sender.done():
            progress = time.monotonic()
        checked, waiting = known, left
        if live:
            table = picture(_newest(engine), sentences, sent=len(known), stored=len(known) - len(left))
            live.update(table, refresh=True)
        if time.monotonic() - progress > STALLED_SECONDS:
            raise Failed(
                f"{counted(len(left), 'event has', 'events have')} not arrived for a minute;"
                " `trailkeeper status` says more"
            )
        time.sleep(POLL_SECONDS / 5) if sender.done() else wait([sender], POLL_SECONDS)


def _newest(engine: Engine) -> list[StoredEvent]:
    with transaction(engine) as connection:
        return list(read_page(connection, Question(), limit=ROWS).events)
