"""Legal holds, added and released: each is an event in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from trailkeeper.models import holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.models.tables import Hold
from trailkeeper.producer import catalogue
from trailkeeper.producer.validation import id_of
from trailkeeper.worker.recording import announce, staff_or_system
from trailkeeper.worker.settings import WorkerSettings

from .advisory_lock import job_engine

LONGEST_REASON = 1_000


class UnknownHold(Exception):  # noqa: N818 - what it says
    """There is no hold of this id, or it is released already; nothing was done."""


class WrongHold(ValueError):  # noqa: N818 - what it says
    """A hold that cannot be: says what was given and what was expected."""


def add_hold(
    settings: WorkerSettings,
    about: str,
    subject_id: str,
    *,
    reason: str,
    until: datetime | None = None,
    by: str | None = None,
) -> Hold:
    """Hold the events of a user, project or organization. When it returns, the hold is in force.

    Args:
        settings: where the database is.
        about: one of `models.holds.ABOUT`.
        subject_id: whose, as it was given to `emit`: a long one is stored cut.
        reason: to be read later.
        until: when it ends by itself (aware); None for not before it is released.
        by: the requester.

    Raises:
        WrongHold: the id or reason is empty, the reason too long, or the time is past.
        StoreError: the database is away, or a batch of a purge took too long.
    """
    _check(about, subject_id, reason, until)
    values: dict[str, Any] = {"about": about, "subject_id": id_of(about, subject_id), "reason": reason}
    known = catalogue.load(settings.catalogue)
    with _writing(settings) as connection:
        hold = holds.add(connection, until=until, added_by=by, **values)
        facts = _facts(hold) | {"reason": reason, "until": until.isoformat() if until else None}
        announce(connection, known, "admin:hold:add", facts, staff_or_system(by))
    return hold


def release_hold(
    settings: WorkerSettings, identity: int, *, reason: str | None = None, by: str | None = None
) -> Hold:
    """End a hold. What it kept is purged, scrubbed and erased again by the next purge, scrub or erasure.

    Raises:
        UnknownHold: there is none of this id, or it was released before.
        StoreError: the database is away.
    """
    known = catalogue.load(settings.catalogue)
    with _writing(settings) as connection:
        hold = holds.release(connection, identity, released_by=by, release_reason=reason)
        if hold is None:
            raise UnknownHold(f"no hold in force has the id {identity}")
        facts = _facts(hold) | {"reason": reason}
        announce(connection, known, "admin:hold:release", facts, staff_or_system(by))
    return hold


def list_holds(settings: WorkerSettings, *, released: bool = False) -> list[Hold]:
    """Holds in force, by id; with *released*, also those that are not any more.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    with job_engine(settings, "hold") as engine, transaction(engine) as connection:
        return holds.listing(connection, released=released)


@contextmanager
def _writing(settings: WorkerSettings) -> Iterator[Connection]:
    """A transaction, and a place for its event, made before: making partitions may wait for a hold."""
    with job_engine(settings, "hold") as engine:
        ensure(engine, {period_of("system", datetime.now(UTC))})
        with transaction(engine) as connection:
            yield connection


def _facts(hold: Hold) -> dict[str, object]:
    return {"hold_id": str(hold.id), "about": hold.about, "id": hold.subject_id}


def _check(about: str, subject_id: str, reason: str, until: datetime | None) -> None:
    if about not in holds.ABOUT:
        raise WrongHold(f"a hold is about {about!r}; expected one of {', '.join(holds.ABOUT)}")
    if not subject_id:
        raise WrongHold(f"the {about}'s id is empty")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise WrongHold(f"the reason has {len(reason)} characters; expected 1 to {LONGEST_REASON:,}")
    if until is not None and until <= datetime.now(UTC):
        raise WrongHold(f"the hold would end at {until.isoformat()}; expected a time to come")
