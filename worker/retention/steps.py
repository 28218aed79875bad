"""The steps in which events lose personal data as they age, as the settings have them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.worker.settings import WorkerSettings

from .personal import HAS_ADDRESS, HAS_KEYS, NETWORK, WITHOUT_KEYS

PERSON = ("ip", *DERIVATIONS, "user_name", "actor_name", "on_behalf_of_name")
"""Columns that say who somebody is, and where and at which device they sat."""
MORE = ("credential_label", "extras")
"""A label is chosen by a person; in extras may be anything."""


class ScrubStep(msgspec.Struct, frozen=True):
    """One step.

    Attributes:
        name: ``address`` or ``person``.
        days: at which age.
        due: which rows ``e`` still have what it takes away, in SQL.
        changes: what it sets, in SQL.
        keys: the personal payload keys it takes away, as JSON; empty for none.
    """

    name: str
    days: int
    due: str
    changes: str
    keys: str = ""

    def before(self, now: datetime) -> datetime:
        """Events that occurred before this moment are due."""
        return now - timedelta(days=self.days)

    @property
    def policy(self) -> str:
        """What changes whenever the step takes away something else; not with its age."""
        content = f"{self.due}{self.changes}{self.keys}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def steps(settings: WorkerSettings, personal: str) -> list[ScrubStep]:
    """The steps in force, in the order in which events go through them.

    Args:
        settings: the ages.
        personal: from `personal.personal_keys`.
    """
    steps_in_force = []
    if settings.scrub_address_days != "never":
        steps_in_force.append(
            ScrubStep("address", settings.scrub_address_days, HAS_ADDRESS, f"ip = {NETWORK}")
        )
    if settings.scrub_days != "never":
        columns = (*PERSON, *MORE)
        due = f"(num_nonnulls({', '.join(f'e.{name}' for name in columns)}) > 0 OR {HAS_KEYS})"
        changes = ", ".join((*(f"{name} = NULL" for name in columns), f"additional = {WITHOUT_KEYS}"))
        steps_in_force.append(ScrubStep("person", settings.scrub_days, due, changes, personal))
    return steps_in_force
