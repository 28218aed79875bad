"""The erasure of one user's personal data, a bounded batch a transaction.

What is erased is not due again, so an erasure that is killed is finished by asking
for it again, in the same record.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, update

from models import holds
from models.engine import transaction
from models.locks import ERASING
from models.tables import SCOPES, Erasure, Hold
from producer import catalogue
from producer.catalogue import Catalogue
from worker.drain.stream import connect
from worker.recording import SYSTEM, staff
from worker.retention import records
from worker.retention.alone import engine_for, one_at_a_time
from worker.retention.announce import announce
from worker.retention.personal import personal_keys
from worker.retention.windows import LOWEST
from worker.settings import WorkerSettings

from . import events, letters, lines, outgoing
from .events import DUE, NAMED, Whose
from .receipt import Kept, Receipt
from .waiting import deliver_spooled, wait_until_drained

logger = logging.getLogger(__name__)

WAIT_SECONDS = 60.0


class _Job(NamedTuple):
    """One erasure; without `identity` it only counts."""

    engine: Engine
    known: Catalogue
    whose: Whose
    identity: int | None


class _Found(NamedTuple):
    """What was erased or would be, what is held, and by which holds."""

    erased: int
    held: int
    holds: set[int]


class _All(NamedTuple):
    """The same, by where it was."""

    outgoing: _Found
    lines: _Found
    events: _Found
    letters: _Found

    @property
    def held(self) -> int:
        """How much is held in all."""
        return sum(found.held for found in self)

    @property
    def holds(self) -> set[int]:
        """Because of which holds."""
        return self.outgoing.holds | self.lines.holds | self.events.holds | self.letters.holds


def erasure_plan(settings: WorkerSettings, user_id: str) -> Receipt:
    """What an erasure would do; changes nothing, and does not look at what is still in the stream.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    known = catalogue.load(settings.catalogue)
    with engine_for(settings, "erase") as engine:
        job = _Job(engine, known, Whose(user_id, personal_keys(known)), None)
        found = _all(job)
        with transaction(engine) as connection:
            return _receipt(connection, job, found, {})


def erase(
    settings: WorkerSettings, user_id: str, *, by: str | None = None, wait_seconds: float = WAIT_SECONDS
) -> Receipt:
    """Take away a user's personal data from all that was emitted before, save what is held.

    Args:
        settings: where everything is.
        user_id: whose.
        by: who asked for it.
        wait_seconds: the longest to wait until what is in the stream is stored.

    Raises:
        Busy: another erasure is running.
        Undrained: this host's spool was not delivered, or the stream not drained, in time: nothing changed.
        StreamUnavailable: Redis did not answer, so nobody knows what is in the stream; likewise.
        StoreError: Postgres did not answer; what was erased until then is recorded.
    """
    known = catalogue.load(settings.catalogue)
    deliver_spooled(settings, wait_seconds)
    with connect(settings.redis_url) as client:
        wait_until_drained(client, settings.stream, wait_seconds)
    with one_at_a_time(settings, "erasure", ERASING) as engine:
        identity = records.opened(engine, Erasure, {"user_id": user_id}, {"asked_by": by})
        job = _Job(engine, known, Whose(user_id, personal_keys(known)), identity)
        return _close(job, _all(job), by)


def _all(job: _Job) -> _All:
    # what is yet to be stored first: see `outgoing` and `lines`
    return _All(_outgoing(job), _lines(job), _events(job), _letters(job))


def _outgoing(job: _Job) -> _Found:
    last, found = 0, _Found(0, 0, set())
    while True:
        with transaction(job.engine) as connection:
            holds.wait_for_holds(connection)
            ids = outgoing.page(connection, job.whose.user, last)
            if not ids:
                return found
            batch = letters.Batch(job.whose.user, job.known, holds.listing(connection), job.identity is None)
            last, changed, held, because = outgoing.erase_from(connection, batch, ids)
            if job.identity is not None:
                records.count(connection, Erasure, job.identity, events=changed)
        found = _Found(found.erased + changed, found.held + held, found.holds | because)


def _lines(job: _Job) -> _Found:
    found = lines.Lines()
    with transaction(job.engine) as connection:
        waiting = lines.imports(connection)
    for identity in waiting:
        after: int | None = 0
        while after is not None:
            after = _block(job, identity, after, found)
    return _Found(found.changed, found.held, found.holds)


def _block(job: _Job, identity: int, after: int, found: lines.Lines) -> int | None:
    """Goes through the next block of an import; the number of its last line, None where there is no other."""
    with transaction(job.engine) as connection:
        holds.wait_for_holds(connection)
        block = lines.next_block(connection, identity, after)
        if block is None:
            return None
        batch = letters.Batch(job.whose.user, job.known, holds.listing(connection), job.identity is None)
        changed = lines.erase_from(connection, batch, identity, block, found)
        if job.identity is not None:
            records.count(connection, Erasure, job.identity, import_lines=changed)
    return block.last_line


def _events(job: _Job) -> _Found:
    erased = held = 0
    for scope in SCOPES:
        after: UUID | None = LOWEST
        while after is not None:
            after, changed, left = _batch(job, scope, after)
            erased, held = erased + changed, held + left
    return _Found(erased, held, _holding(job) if held else set())


def _batch(job: _Job, scope: str, after: UUID) -> tuple[UUID | None, int, int]:
    with transaction(job.engine) as connection:
        holds.wait_for_holds(connection)
        ids = events.page(connection, job.whose, scope, after)
        if not ids:
            return None, 0, 0
        due, held = events.count(connection, job.whose, scope, ids)
        if due and job.identity is not None:
            due = events.erase_from(connection, job.whose, scope, ids, f"erasure/{job.identity}")
            records.count(connection, Erasure, job.identity, events=due)
    return ids[-1], due, held


def _holding(job: _Job) -> set[int]:
    with transaction(job.engine) as connection:
        return set(holds.holds_of(connection, "events", f"{NAMED} AND {DUE}", job.whose._asdict()))


def _letters(job: _Job) -> _Found:
    found = letters.Letters(0, 0, 0, set())
    while True:
        with transaction(job.engine) as connection:
            holds.wait_for_holds(connection)
            ids = letters.page(connection, job.whose.user, found.last)
            if not ids:
                return _Found(found.changed, found.held, found.holds)
            batch = letters.Batch(job.whose.user, job.known, holds.listing(connection), job.identity is None)
            more = letters.erase_from(connection, batch, ids)
            if job.identity is not None:
                records.count(connection, Erasure, job.identity, dead_letters=more.changed)
        found = letters.Letters(
            more.last, found.changed + more.changed, found.held + more.held, found.holds | more.holds
        )


def _close(job: _Job, found: _All, by: str | None) -> Receipt:
    assert job.identity is not None
    held, because = found.held, sorted(found.holds)
    with transaction(job.engine) as connection:
        record = records.closed(connection, Erasure, job.identity, held=held, holds=because)
        receipt = _receipt(connection, job, found, record)
        kept = update(Erasure).where(Erasure.id == job.identity).values(receipt=msgspec.to_builtins(receipt))
        connection.execute(kept)
        told = record | {"erasure_id": str(job.identity)}
        announce(connection, job.known, "system:erasure:finish", told, staff(by) if by else SYSTEM)
    logger.info("erased a user's data from %d events, %d held", record["events"], held)
    return receipt


def _receipt(connection: Connection, job: _Job, found: _All, record: dict[str, Any]) -> Receipt:
    because = found.holds
    known = [hold for hold in holds.listing(connection, released=True) if hold.id in because]
    return Receipt(
        user_id=job.whose.user,
        erasure_id=job.identity,
        started_at=record.get("started_at"),
        finished_at=record.get("finished_at"),
        events=record.get("events", found.outgoing.erased + found.events.erased),
        dead_letters=record.get("dead_letters", found.letters.erased),
        import_lines=record.get("import_lines", found.lines.erased),
        held=found.held,
        holds=[_kept(hold) for hold in known],
    )


def _kept(hold: Hold) -> Kept:
    return Kept(hold.id, hold.about, hold.subject_id, hold.reason)
