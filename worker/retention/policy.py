"""Retention rules by scope, with overrides by tag."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from trailkeeper.producer.catalogue import SCOPES, Catalogue, EventType
from trailkeeper.worker.settings import Days, WorkerSettings


class Rule(msgspec.Struct, frozen=True):
    """What one purge of one scope, or of one tag within it, removes.

    Attributes:
        scope: whose events.
        tag: only this tag; None for the whole scope.
        days: how long they are kept.
        spared: tags of the scope that have a rule of their own, or are kept for ever.
    """

    scope: str
    tag: str | None
    days: int
    spared: tuple[str, ...] = ()

    def before(self, now: datetime) -> datetime:
        """Events that occurred before this moment are past their retention."""
        return now - timedelta(days=self.days)


def rules(settings: WorkerSettings, catalogue: Catalogue) -> list[Rule]:
    """The rules in force: scopes that are not kept for ever, and tags with a retention of their own."""
    overrides = [kind for kind in catalogue if kind.retention_days is not None]
    in_force = [_of_tag(kind) for kind in overrides]
    for scope in SCOPES:
        days: Days = getattr(settings, f"retention_{scope}_days")
        if days != "forever":
            in_force.append(Rule(scope, None, days, _tags(kind for kind in overrides if kind.scope == scope)))
    return in_force


def _of_tag(kind: EventType) -> Rule:
    assert kind.retention_days is not None
    return Rule(kind.scope, kind.tag, kind.retention_days)


def _tags(kinds: Iterable[EventType]) -> tuple[str, ...]:
    return tuple(sorted(kind.tag for kind in kinds))
