"""All that may hold a user's personal data, in bounded batches, each in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models import holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import SCOPES, Erasure
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.retention import records
from trailkeeper.worker.retention.windows import LOWEST

from . import events, lines, messages
from .batch import ErasureBatch, ErasureCounts, ErasureReport
from .events import DUE, NAMED, ErasedUser
from .messages import DEAD_LETTERS, OUTBOX, MessageTable


class ErasureJob(NamedTuple):
    """One erasure; without `identity` it only counts."""

    engine: Engine
    known: Catalogue
    whose: ErasedUser
    identity: int | None

    def add(self, connection: Connection, **numbers: int) -> None:
        """Add to the erasure's record."""
        if self.identity is not None:
            records.count(connection, Erasure, self.identity, **numbers)


def everywhere(job: ErasureJob) -> ErasureReport:
    """Erase, or count what would be erased."""
    # what is yet to be stored first: see `messages` and `lines`
    return ErasureReport(_messages(job, OUTBOX), _lines(job), _events(job), _messages(job, DEAD_LETTERS))


@contextmanager
def _a_batch(job: ErasureJob) -> Iterator[tuple[Connection, ErasureBatch]]:
    """A transaction in which the holds stay as they are."""
    with transaction(job.engine) as connection:
        holds.wait_for_holds(connection)
        yield (
            connection,
            ErasureBatch(job.whose.user, job.known, holds.listing(connection), dry=job.identity is None),
        )


def _messages(job: ErasureJob, which: MessageTable) -> ErasureCounts:
    last, counts = 0, ErasureCounts()
    while True:
        with _a_batch(job) as (connection, batch):
            page = messages.page(connection, which, job.whose.user, last)
            if not page:
                return counts
            changed = messages.erase_from(connection, which, batch, page, counts)
            job.add(connection, **{which.counted: changed})
        last, _ = page[-1]


def _lines(job: ErasureJob) -> ErasureCounts:
    counts = ErasureCounts()
    with transaction(job.engine) as connection:
        waiting = lines.imports(connection)
    for identity in waiting:
        after: int | None = 0
        while after is not None:
            after = _block(job, identity, after, counts)
    return counts


def _block(job: ErasureJob, identity: int, after: int, counts: ErasureCounts) -> int | None:
    """Goes through the next block of an import; the number of its last line, None where there is no other."""
    with _a_batch(job) as (connection, batch):
        block = lines.next_block(connection, identity, after)
        if block is None:
            return None
        job.add(connection, import_lines=lines.erase_from(connection, batch, identity, block, counts))
    return block.last_line


def _events(job: ErasureJob) -> ErasureCounts:
    counts = ErasureCounts()
    for scope in SCOPES:
        after: UUID | None = LOWEST
        while after is not None:
            after = _next_events(job, scope, after, counts)
    if counts.held:
        with transaction(job.engine) as connection:
            whose = job.whose._asdict()
            counts.holds.update(holds.holds_of(connection, "events", f"{NAMED} AND {DUE}", whose))
    return counts


def _next_events(job: ErasureJob, scope: str, after: UUID, counts: ErasureCounts) -> UUID | None:
    """Goes through the next events of a scope; the last one's id, None where there is no other."""
    with transaction(job.engine) as connection:
        holds.wait_for_holds(connection)
        ids = events.page(connection, job.whose, scope, after)
        if not ids:
            return None
        due, held = events.count(connection, job.whose, scope, ids)
        if due and job.identity is not None:
            due = events.erase_from(connection, job.whose, scope, ids, f"erasure/{job.identity}")
            job.add(connection, events=due)
        counts.erased += due
        counts.held += held
    return ids[-1]
