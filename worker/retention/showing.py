"""The policy in force, and what it means at this moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, text

from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import id_floor
from trailkeeper.producer import catalogue
from trailkeeper.producer.catalogue import SCOPES, Catalogue
from trailkeeper.producer.catalogue.event_type import MINIMUM_DAYS as MINIMUM_OF_TAG
from trailkeeper.worker.settings import MAXIMUM_DAYS, MINIMUM_DAYS, WorkerSettings

from .advisory_lock import job_engine
from .personal import PersonalKeys
from .policy import Rule, rules
from .steps import steps

STEPS = ("address", "person")


class RetentionPolicy(msgspec.Struct, frozen=True):
    """One line of the policy.

    Attributes:
        action: ``purge``, or ``scrub`` and the step's name.
        scope: whose events; None for everybody's.
        tag: only this tag; None for all that have no line of their own.
        days: the age at which it happens; None for never.
        minimum: the least that may be set.
        maximum: the most, beside never.
        before: what occurred before this moment is due; None where nothing ever is.
        events: about how many are, as Postgres' statistics have it.
    """

    action: str
    scope: str | None
    tag: str | None
    days: int | None
    minimum: int
    maximum: int = MAXIMUM_DAYS
    before: datetime | None = None
    events: int | None = None


def lines(settings: WorkerSettings, known: Catalogue) -> list[RetentionPolicy]:
    """Every line of it: each scope, each tag with a retention of its own, each step of the scrub."""
    in_force = rules(settings, known)
    ruled = {rule.scope for rule in in_force if rule.tag is None}
    steps_in_force = {step.name: step.days for step in steps(settings, PersonalKeys(known))}
    return [
        *(
            RetentionPolicy("purge", scope, None, None, MINIMUM_DAYS)
            for scope in SCOPES
            if scope not in ruled
        ),
        *(RetentionPolicy("purge", rule.scope, rule.tag, rule.days, _least(rule)) for rule in in_force),
        *(RetentionPolicy(f"scrub {name}", None, None, steps_in_force.get(name), 1) for name in STEPS),
    ]


def policy(settings: WorkerSettings, now: datetime | None = None) -> list[RetentionPolicy]:
    """The same with what each line means now.

    The numbers of events are estimates that cost nothing; `plan` and `scrub_plan` count.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    now = now or datetime.now(UTC)
    known = catalogue.load(settings.catalogue)
    with job_engine(settings, "retention") as engine, transaction(engine) as connection:
        return [_estimated(connection, line, now) for line in lines(settings, known)]


def _least(rule: Rule) -> int:
    return MINIMUM_DAYS if rule.tag is None else MINIMUM_OF_TAG


def _estimated(connection: Connection, line: RetentionPolicy, now: datetime) -> RetentionPolicy:
    if line.days is None:
        return line
    before = now - timedelta(days=line.days)
    where = (
        "id < :floor AND (CAST(:scope AS text) IS NULL OR scope = :scope)"
        " AND (CAST(:tag AS text) IS NULL OR tag = :tag)"
    )
    values: dict[str, object] = {"scope": line.scope, "floor": id_floor(before), "tag": line.tag}
    return msgspec.structs.replace(line, before=before, events=_estimate(connection, where, values))


def _estimate(connection: Connection, where: str, values: dict[str, object]) -> int:
    plan = connection.scalar(text(f"EXPLAIN (FORMAT JSON) SELECT FROM events WHERE {where}"), values)
    assert isinstance(plan, list)
    return int(plan[0]["Plan"]["Plan Rows"])
