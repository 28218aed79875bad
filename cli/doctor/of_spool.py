"""Whether events that Redis does not take are safe on this machine, and whether some are left there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from trailkeeper.cli.spooled import spool
from trailkeeper.cli.times import duration
from trailkeeper.producer.counted import counted
from trailkeeper.producer.settings import ProducerSettings, read, spool_problem
from trailkeeper.producer.spool.folder import problem as problem_of
from trailkeeper.producer.spool.status import SpoolStatus, filesystem_of

from .finding import Finding, ok, problem, warning

CHECK = "spool"
OLD_SECONDS = 300.0
NEARLY_FULL = 0.8
MIB = 1024 * 1024
FLEETING = {"tmpfs", "ramfs", "overlay"}
"""File systems that are gone with the machine, or with the container."""


def spooled() -> Iterator[Finding]:
    """The spool that this machine's settings name.

    Raises:
        SpoolUnavailable: it cannot be read.
    """
    status = spool()
    if status is None:
        advice = "set TRAILKEEPER_SPOOL to a file on a disk; without it events go to the log in an outage"
        reason = spool_problem(read(ProducerSettings).spool)
        yield warning(CHECK, reason.partition(";")[0] if reason else "it is off", advice)
        return
    misplaced = list(_place(Path(status.path)))
    yield from misplaced
    yield from (finding for finding in _content(status) if not misplaced or finding.severity != "ok")


def _place(path: Path) -> Iterator[Finding]:
    folder = next(each for each in path.parents if each.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        advice = "name a file elsewhere in TRAILKEEPER_SPOOL"
        yield warning(CHECK, f"{folder} cannot be written to by this user", advice)
    if unsafe := problem_of(path):
        yield problem(CHECK, *unsafe.split("; ", 1))
    if (kind := filesystem_of(folder)) in FLEETING:
        advice = "name a file on a disk, or on a volume of the container, in TRAILKEEPER_SPOOL"
        yield warning(CHECK, f"{path} is on {kind}, which does not outlive the machine or container", advice)


def _content(status: SpoolStatus) -> Iterator[Finding]:
    oldest = status.oldest_seconds or 0.0
    waiting = f"{counted(status.waiting, 'event waits', 'events wait')}, the oldest for {duration(oldest)}"
    if oldest > OLD_SECONDS:
        elsewhere = "; `trailkeeper spool status` says for which stream"
        yield warning(CHECK, waiting, f"see Redis above, then run `trailkeeper spool flush`{elsewhere}")
    else:
        yield ok(CHECK, waiting)
    if status.bytes > NEARLY_FULL * status.cap_bytes:
        advice = "raise TRAILKEEPER_SPOOL_MAX_MB, or bring Redis back"
        yield warning(
            CHECK, f"{status.bytes / MIB:,.0f} of {status.cap_bytes / MIB:,.0f} MiB are used", advice
        )
    if status.refused:
        advice = "the log has them in full (event_not_in_redis); raise TRAILKEEPER_SPOOL_MAX_MB"
        yield warning(CHECK, f"it was full, and refused {counted(status.refused, 'event')}", advice)
    for path in status.set_aside:
        advice = "`sqlite3 FILE .recover` shows what can be read; remove it then, it holds personal data"
        yield warning(CHECK, f"{path} was damaged and renamed", advice)
