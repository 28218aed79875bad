"""The policy as settings and catalogue have it, and which payload keys it calls personal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trailkeeper.producer.catalogue import Catalogue, EventType, load
from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import read, variable
from trailkeeper.worker.retention import rules
from trailkeeper.worker.retention.personal import personal_keys
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
    assert [(step.name, step.days) for step in steps(WorkerSettings(), "{}")] == [("address", 365)]


def test_a_step_is_another_one_when_other_keys_are_personal_and_not_when_only_its_age_changes() -> None:
    def policy(days: int, keys: str) -> str:
        return steps(WorkerSettings(scrub_address_days="never", scrub_days=days), keys)[0].policy

    assert policy(100, "{}") == policy(200, "{}")
    assert policy(100, "{}") != policy(100, '{"a:b": ["email"]}')


def test_personal_keys_are_those_of_the_catalogue() -> None:
    catalogue = Catalogue([kind("a:b", payload={"email": "string"}, personal=("email",)), kind("c:d")])
    assert json.loads(personal_keys(catalogue)) == {"a:b": ["email"]}


def test_in_shipped_event_types_every_key_that_holds_a_name_or_address_of_a_person_is_personal() -> None:
    of_persons = {"email", "external_username", "old_primary", "new_primary", "to", "target_user"}
    of_persons |= {"submitted_by", "deleted_by", "created_by", "removed_by", "canceled_by", "approved_by"}
    forgotten = {
        (event_type.tag, key)
        for event_type in load()
        for key in of_persons & event_type.payload.keys()
        if key not in event_type.personal
    }
    assert forgotten == set()
