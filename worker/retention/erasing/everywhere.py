"""All that may hold a user's personal data, in bounded batches, each in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from trailkeeper.models import holds, orphans
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import SCOPES
from trailkeeper.worker.retention.rewriting import rewrite_rows

from . import events, lines, messages
from .batch import ErasureBatch, ErasureCounts, ErasureReport
from .messages import DEAD_LETTERS, OUTBOX, MessageTable
from .person import Person
from .walks import ErasureJob, named, windows


def everywhere(job: ErasureJob, person: Person) -> ErasureReport:
    """Erase, or count what would be erased."""
    # what may yet be stored first: see `messages` and `lines`; and last what tells who the person is, so that
    # an erasure that was interrupted knows it again
    outbox, staged, letters = (
        _messages(job, person, OUTBOX),
        _lines(job, person),
        _messages(job, person, DEAD_LETTERS),
    )
    others = _in_what_others_said(job, person)
    own = _in_own_events(job, person)
    return ErasureReport(outbox, staged, own, others, letters)


@contextmanager
def _a_batch(job: ErasureJob, person: Person) -> Iterator[tuple[Connection, ErasureBatch]]:
    """A transaction in which the holds stay as they are."""
    with transaction(job.engine) as connection:
        holds.wait_for_holds(connection)
        in_force = holds.listing(connection)
        yield connection, ErasureBatch(person, job.keys, in_force, dry=not job.writes)


def _messages(job: ErasureJob, person: Person, which: MessageTable) -> ErasureCounts:
    last, counts = 0, ErasureCounts()
    while True:
        with _a_batch(job, person) as (connection, batch):
            page = messages.page(connection, which, last)
            if not page:
                return counts
            changed = messages.erase_from(connection, which, batch, page, counts)
            job.add(connection, **{which.counted: changed})
        last, _, _ = page[-1]


def _lines(job: ErasureJob, person: Person) -> ErasureCounts:
    counts = ErasureCounts()
    with transaction(job.engine) as connection:
        waiting = lines.imports(connection)
    for identity in waiting:
        after: int | None = 0
        while after is not None:
            after = _block(job, person, identity, after, counts)
    return counts


def _block(job: ErasureJob, person: Person, identity: int, after: int, counts: ErasureCounts) -> int | None:
    """Goes through the next block of an import; the number of its last line, None where there is no other."""
    with _a_batch(job, person) as (connection, batch):
        block = lines.next_block(connection, identity, after)
        if block is None:
            return None
        job.add(connection, import_lines=lines.erase_from(connection, batch, identity, block, counts))
    return block.last_line


def _in_what_others_said(job: ErasureJob, person: Person) -> ErasureCounts:
    counts = ErasureCounts()
    for scope in SCOPES:
        for window, connection in windows(job, scope):
            found = events.others(connection, person, job.keys, window)
            rows = events.read(connection, scope, found, lock=job.writes) if found else []
            changes = [(row, events.swept(row, person, job.keys)) for row in rows]
            _write(job, connection, changes, counts)
    return counts


def _in_own_events(job: ErasureJob, person: Person) -> ErasureCounts:
    counts = ErasureCounts()
    for scope in SCOPES:
        for ids, connection in named(job, scope):
            rows = events.read(connection, scope, ids, lock=job.writes)
            _write(job, connection, [(row, events.erased(row, person, job.keys)) for row in rows], counts)
    return counts


def _write(
    job: ErasureJob,
    connection: Connection,
    changes: list[tuple[events.Row, events.Change | None]],
    counts: ErasureCounts,
) -> None:
    """Write what is to be written of some events of one scope, save of those that are held."""
    due = [(row, left) for row, left in changes if left is not None and not row["held"]]
    held = [row for row, left in changes if left is not None and row["held"]]
    counts.erased += len(due)
    counts.held += len(held)
    if held:
        these = {"scope": held[0]["scope"], "ids": [row["id"] for row in held]}
        counts.holds.update(holds.holds_of(connection, "events", events.THESE, these))
    if due and job.writes:
        rows = [{"id": row["id"], "scope": row["scope"], **left} for row, left in due]
        rewrite_rows(connection, "events", rows, by=f"erasure/{job.identity}")
        job.add(connection, events=len(due))
        orphans.mark(connection, events.given_up(due))
