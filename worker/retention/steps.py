"""The steps in which events lose personal data as they age, as the settings have them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import RowMapping

from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.worker.settings import WorkerSettings

from .addresses import ADDRESS, CANDIDATE, cut_addresses
from .dead_letters import AgedRewrite, without_addresses, without_persons
from .personal import (
    HAS_ADDRESS,
    HAS_ADDRESS_IN_KEYS,
    HAS_KEYS,
    NETWORK,
    PersonalKeys,
    has_address,
    has_address_in_json,
)

NAMES = ("user_name", "actor_name", "on_behalf_of_name", "credential_label")
"""Columns with texts that people chose."""
PERSON = ("ip", *DERIVATIONS, *NAMES, "extras")
"""Columns that say who somebody is, and where and at which device they sat; in extras may be anything."""

Row: TypeAlias = Mapping[str, Any] | RowMapping


class ScrubStep(NamedTuple):
    """One step.

    Attributes:
        name: ``address`` or ``person``.
        days: at which age.
        due: which rows ``e`` still have what it takes away, in SQL.
        changes: what it sets, in SQL.
        values: of the parameters of `due`.
        rewritten: columns that it rewrites besides, as far as they are not set.
        rewrite: what becomes of these columns of a row.
        dead_letter: what becomes of a dead letter.
    """

    name: str
    days: int
    due: str
    changes: str
    values: dict[str, str]
    rewritten: tuple[str, ...]
    rewrite: Callable[[Row], dict[str, Any]]
    dead_letter: AgedRewrite

    def before(self, now: datetime) -> datetime:
        """Events that occurred before this moment are due."""
        return now - timedelta(days=self.days)

    @property
    def policy(self) -> str:
        """What changes whenever the step takes away something else; not with its age."""
        content = f"{self.due}{self.changes}{json.dumps(self.values, sort_keys=True)}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def steps(settings: WorkerSettings, keys: PersonalKeys) -> list[ScrubStep]:
    """The steps in force, in the order in which events go through them.

    Args:
        settings: the ages.
        keys: of the catalogue.
    """
    steps_in_force = []
    if settings.scrub_address_days != "never":
        steps_in_force.append(_of_addresses(settings.scrub_address_days, keys))
    if settings.scrub_days != "never":
        steps_in_force.append(_of_persons(settings.scrub_days, keys))
    return steps_in_force


def _of_addresses(days: int, keys: PersonalKeys) -> ScrubStep:
    texts = [*(has_address(f"e.{name}") for name in NAMES), has_address_in_json("e.extras")]
    due = " OR ".join((HAS_ADDRESS, HAS_ADDRESS_IN_KEYS, *texts))

    def rewrite(row: Row) -> dict[str, Any]:
        cut = {name: cut_addresses(row[name]) for name in (*NAMES, "extras")}
        return {**cut, "additional": keys.changed(row["tag"], row["additional"], cut_addresses)}

    values = {"each": keys.each, "candidate": CANDIDATE, "address": ADDRESS}
    return ScrubStep(
        "address",
        days,
        f"({due})",
        f"ip = CASE WHEN {HAS_ADDRESS} THEN {NETWORK} ELSE e.ip END",
        values,
        (*NAMES, "extras", "additional"),
        rewrite,
        without_addresses(keys),
    )


def _of_persons(days: int, keys: PersonalKeys) -> ScrubStep:
    due = f"(num_nonnulls({', '.join(f'e.{name}' for name in PERSON)}) > 0 OR {HAS_KEYS})"
    changes = ", ".join(f"{name} = NULL" for name in PERSON)

    def rewrite(row: Row) -> dict[str, Any]:
        return {"additional": keys.without(row["tag"], row["additional"])}

    values = {"present": keys.present}
    letter = without_persons(keys)
    return ScrubStep("person", days, due, changes, values, ("additional",), rewrite, letter)
