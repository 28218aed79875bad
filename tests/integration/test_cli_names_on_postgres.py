"""Whoever types a name where an id is meant is helped, and one that nothing is stored of gets a hint."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.support.command import Outcome, call
from tests.support.rows import NOON, event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.subjects import ids_named, occurs


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str
) -> Any:
    def run(*arguments: str) -> Outcome:
        return call(capsys, monkeypatch, *arguments, DATABASE_URL=database_url, REDIS_URL=redis_url)

    return run


def two_named_alike(engine: Engine) -> None:
    for days, identity in ((2, "old"), (1, "new")):
        named = {
            "project_id": identity,
            "project_name": "sampler",
            "user_id": f"u-{identity}",
            "user_name": "ann",
        }
        at = NOON - timedelta(days=days)
        store(engine, event_row(at, scope="project", tag="project:release:add", **named))


def test_a_history_is_found_by_name_and_says_whose_it_is(engine: Engine, ask: Any) -> None:
    two_named_alike(engine)
    outcome = ask("history", "project", "sampler", "--format", "json")
    assert [json.loads(line)["project"]["id"] for line in outcome.out.splitlines()] == ["new"]
    assert outcome.err == (
        "no event names the project 'sampler'; the project of that name has the id new, also old\n"
    )


def test_an_id_wins_over_a_name(engine: Engine, ask: Any) -> None:
    two_named_alike(engine)
    outcome = ask("history", "project", "old", "--format", "json")
    assert (len(outcome.out.splitlines()), outcome.err) == (1, "")


def test_a_hold_on_nobody_is_in_force_and_says_so(engine: Engine, ask: Any) -> None:
    outcome = ask("hold", "add", "--user", "nobody", "--reason", "a lawsuit")
    assert outcome.code == 0
    assert "no event names the user 'nobody'; expected the stable id" in outcome.err
    assert "`trailkeeper hold release 1` ends it" in outcome.err
    two_named_alike(engine)
    outcome = ask("hold", "add", "--user", "ann", "--reason", "a lawsuit")
    assert "the user of that name has the id u-new, also u-old" in outcome.err
    outcome = ask("hold", "add", "--user", "u-new", "--reason", "a lawsuit")
    assert "no event" not in outcome.err


def test_an_erasure_of_a_name_says_which_ids_have_it(engine: Engine, ask: Any) -> None:
    two_named_alike(engine)
    outcome = ask("erase", "user", "ann", "--dry-run")
    assert outcome.code == 0
    assert "the user of that name has the id u-new, also u-old" in outcome.err


def test_an_actor_counts_as_a_user_that_occurs(engine: Engine) -> None:
    store(engine, event_row(NOON, actor_kind="user", actor_id="a-1", actor_name="eve"))
    with transaction(engine) as connection:
        assert occurs(connection, "user", "a-1")
        assert not occurs(connection, "project", "a-1")
        assert ids_named(connection, "actor", "eve") == ["a-1"]
        assert ids_named(connection, "actor", "adam") == []
