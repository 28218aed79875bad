"""The policy as settings and catalogue have it, and which payload keys it calls personal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import read, variable
from trailkeeper.worker.retention import rules
from trailkeeper.worker.retention.personal import PersonalKeys
from trailkeeper.worker.retention.steps import steps
from trailkeeper.worker.settings import WorkerSettings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def kind(tag: str, days: int | None = None, **fields: Any) -> EventType:
    return EventType(tag=tag, scope="user", sentence="x", retention_days=days, **fields)


def test_a_tag_with_its_own_retention_has_its_own_rule_and_is_spared_by_its_scopes() -> None:
    settings = WorkerSettings(retention_user_days=90)
    found = rules(settings, Catalogue([kind("a:b"), kind("c:d", 400)]))
    assert [(rule.scope, rule.tag, rule.days, rule.spared) for rule in found] == [
        ("user", "c:d", 400, ()),
        ("user", None, 90, ("c:d",)),
    ]
    assert found[1].before(NOW) == NOW - timedelta(days=90)


@pytest.mark.parametrize("scope", ["user", "project", "organization", "system"])
@pytest.mark.parametrize("value", ["0", "-1", "29", "36501", "never", "", "1.5"])
def test_a_retention_out_of_bounds_is_refused_with_what_was_expected(scope: str, value: str) -> None:
    name = variable(f"retention_{scope}_days")
    with pytest.raises(SettingsError) as refused:
        read(WorkerSettings, {name: value})
    assert str(refused.value) == f"{name} is {value!r}; expected 30 to 36,500 days, or forever"


@pytest.mark.parametrize(("value", "days"), [("30", 30), ("36500", 36_500), ("forever", "forever")])
def test_the_bounds_themselves_are_taken(value: str, days: object) -> None:
    assert read(WorkerSettings, {variable("retention_user_days"): value}).retention_user_days == days


def test_by_default_addresses_become_networks_and_names_stay() -> None:
    assert [(step.name, step.days) for step in steps(WorkerSettings(), PersonalKeys(Catalogue([])))] == [
        ("address", 365)
    ]


def test_a_step_is_another_one_when_other_keys_are_personal_and_not_when_only_its_age_changes() -> None:
    def policies(days: int, *personal: str) -> list[str]:
        known = Catalogue([kind("a:b", payload={"email": "string"}, personal=personal)])
        settings = WorkerSettings(scrub_address_days=days, scrub_days=days)
        return [step.policy for step in steps(settings, PersonalKeys(known))]

    assert policies(100) == policies(200)
    assert set(policies(100)).isdisjoint(policies(100, "email"))
