"""The erasure of one user's personal data, a bounded batch a transaction.

What is erased is not due again, so an erasure that is killed is finished by asking
for it again, in the same record.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from sqlalchemy import Connection, update

from trailkeeper.models import erased_persons, holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import ERASING
from trailkeeper.models.tables import Erasure, Hold
from trailkeeper.producer import catalogue
from trailkeeper.producer.redis_client import of_each_stream
from trailkeeper.producer.validation import id_of
from trailkeeper.worker.recording import announce, staff_or_system
from trailkeeper.worker.retention import records
from trailkeeper.worker.retention.advisory_lock import job_engine, one_at_a_time
from trailkeeper.worker.retention.personal import PersonalKeys
from trailkeeper.worker.settings import WorkerSettings

from .batch import ErasureReport
from .everywhere import everywhere
from .knowing import known_person
from .person import Person
from .receipt import ErasureReceipt, Kept
from .redis_files import rewrite_all_files
from .unreached import unreached
from .waiting import deliver_spooled, wait_until_drained
from .walks import ErasureJob

logger = logging.getLogger(__name__)

WAIT_SECONDS = 60.0


def erasure_plan(settings: WorkerSettings, user_id: str) -> ErasureReceipt:
    """What an erasure would do; changes nothing, and does not look at what is still in the stream.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    known = catalogue.load(settings.catalogue)
    with job_engine(settings, "erase") as engine:
        job = ErasureJob(engine, known, PersonalKeys(known), id_of("user", user_id), None)
        person = known_person(job)
        report = everywhere(job, person)
        with transaction(engine) as connection:
            plan = _receipt(connection, job, report, {}, _shared(person))
    return msgspec.structs.replace(plan, looked_for=person.masked())


def erase(
    settings: WorkerSettings, user_id: str, *, by: str | None = None, wait_seconds: float = WAIT_SECONDS
) -> ErasureReceipt:
    """Take away a user's personal data from all that was emitted before, except what is held.

    Args:
        settings: where everything is.
        user_id: whose, as it was given to `emit`: a long one is stored cut.
        by: the requester.
        wait_seconds: the longest to wait until what is in the stream is stored.

    Raises:
        Busy: another erasure is running.
        Undrained: this host's spool was not delivered, or the stream not drained, in time: nothing changed.
        StreamUnavailable: Redis did not answer, so the stream's content is unknown; likewise.
        StoreError: Postgres did not answer; what was erased until then is recorded.
    """
    known, user_id = catalogue.load(settings.catalogue), id_of("user", user_id)
    deliver_spooled(settings, wait_seconds)
    of_each_stream(settings, lambda client, key: wait_until_drained(client, key, wait_seconds))
    with one_at_a_time(settings, "erasure", ERASING) as engine:
        identity = records.opened(engine, Erasure, {"user_id": user_id}, {"requested_by": by})
        job = ErasureJob(engine, known, PersonalKeys(known), user_id, identity)
        person = known_person(job)
        report = everywhere(job, person)
        return _close(job, report, by, [*rewrite_all_files(settings, wait_seconds), *_shared(person)])


def _close(job: ErasureJob, report: ErasureReport, by: str | None, left: list[str]) -> ErasureReceipt:
    assert job.identity is not None
    held, because = report.held, sorted(report.holds)
    with transaction(job.engine) as connection:
        record = records.closed(connection, Erasure, job.identity, held=held, holds=because)
        receipt = _receipt(connection, job, report, record, left)
        kept = update(Erasure).where(Erasure.id == job.identity).values(receipt=msgspec.to_builtins(receipt))
        connection.execute(kept)
        facts = record | {"erasure_id": str(job.identity)}
        erased_persons.erased(connection, job.user_id, because)
        announce(connection, job.known, "system:erasure:finish", facts, staff_or_system(by))
    logger.info("erased a user's data from %d events, %d held", record["events"], held)
    return receipt


def _receipt(
    connection: Connection, job: ErasureJob, report: ErasureReport, record: dict[str, Any], left: list[str]
) -> ErasureReceipt:
    because = report.holds
    known = [hold for hold in holds.listing(connection, released=True) if hold.id in because]
    return ErasureReceipt(
        user_id=job.user_id,
        erasure_id=job.identity,
        started_at=record.get("started_at"),
        finished_at=record.get("finished_at"),
        events=record.get("events", report.outbox.erased + report.events.erased + report.others.erased),
        of_others=report.others.erased,
        dead_letters=record.get("dead_letters", report.dead_letters.erased),
        import_lines=record.get("import_lines", report.lines.erased),
        held=report.held,
        holds=[_kept(hold) for hold in known],
        unreached=[*left, *unreached(connection, job.user_id)],
    )


def _shared(person: Person) -> list[str]:
    """What is not believed to be the person's alone, without saying what it is: the receipt is kept."""
    typed = len(person.emails - (person.lasting or person).emails)
    counted = {
        "names, email addresses and addresses of the user, in events of others, where they are others' too": (
            person.shared
        ),
        "email addresses that the user only typed, in events of projects and organizations": typed,
    }
    return [f"{what}: {number}" for what, number in counted.items() if number]


def _kept(hold: Hold) -> Kept:
    return Kept(hold.id, hold.about, hold.subject_id, hold.reason)
