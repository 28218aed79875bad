"""The policy in force, and what it means at this moment."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, text

from models.engine import transaction
from models.partitions import id_floor
from producer import catalogue
from producer.catalogue import SCOPES
from producer.catalogue.event_type import MINIMUM_DAYS as MINIMUM_OF_TAG
from worker.settings import MAXIMUM_DAYS, MINIMUM_DAYS, WorkerSettings

from .alone import engine_for
from .personal import personal_keys
from .policy import Rule, rules
from .steps import steps


class Policy(msgspec.Struct, frozen=True):
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


def policy(settings: WorkerSettings, now: datetime | None = None) -> list[Policy]:
    """Every line of it: each scope, each tag with a retention of its own, each step of the scrub.

    The numbers of events are estimates that cost nothing; `plan` and `scrub_plan` count.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    now = now or datetime.now(UTC)
    known = catalogue.load(settings.catalogue)
    in_force = rules(settings, known)
    ruled = {rule.scope for rule in in_force if rule.tag is None}
    with engine_for(settings, "retention") as engine, transaction(engine) as connection:
        return [
            *(Policy("purge", scope, None, None, MINIMUM_DAYS) for scope in SCOPES if scope not in ruled),
            *(_of_rule(connection, rule, now) for rule in in_force),
            *_of_scrub(connection, settings, personal_keys(known), now),
        ]


def _of_rule(connection: Connection, rule: Rule, now: datetime) -> Policy:
    before = rule.before(now)
    where = "scope = :scope AND id < :floor AND (CAST(:tag AS text) IS NULL OR tag = :tag)"
    values = {"scope": rule.scope, "floor": id_floor(before), "tag": rule.tag}
    events = _estimate(connection, where, values)
    least = MINIMUM_DAYS if rule.tag is None else MINIMUM_OF_TAG
    return Policy("purge", rule.scope, rule.tag, rule.days, least, before=before, events=events)


def _of_scrub(connection: Connection, settings: WorkerSettings, personal: str, now: datetime) -> list[Policy]:
    in_force = {step.name: step for step in steps(settings, personal)}
    found = []
    for name in ("address", "person"):
        step = in_force.get(name)
        if step is None:
            found.append(Policy(f"scrub {name}", None, None, None, 1))
            continue
        before = step.before(now)
        events = _estimate(connection, "id < :floor", {"floor": id_floor(before)})
        found.append(Policy(f"scrub {name}", None, None, step.days, 1, before=before, events=events))
    return found


def _estimate(connection: Connection, where: str, values: dict[str, object]) -> int:
    plan = connection.scalar(text(f"EXPLAIN (FORMAT JSON) SELECT FROM events WHERE {where}"), values)
    assert isinstance(plan, list)
    return int(plan[0]["Plan"]["Plan Rows"])
