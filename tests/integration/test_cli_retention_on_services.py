"""The commands that show and do what is kept and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, text

from tests.support.command import Outcome, call, is_one_line
from tests.support.drains import query
from tests.support.retained import NOW, count, days_ago, event, stored
from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import ERASING, PURGING

Run = Callable[..., Outcome]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str
) -> Run:
    return partial(call, capsys, monkeypatch, DATABASE_URL=database_url, REDIS_URL=redis_url)


def test_retention_show_prints_every_line_of_the_policy(run: Run, engine: Engine) -> None:
    lines = [json.loads(line) for line in run("retention", "show", "--json").out.splitlines()]

    assert [(line["action"], line["scope"], line["days"], line["minimum"]) for line in lines] == [
        ("purge", "project", None, 30),
        ("purge", "organization", None, 30),
        ("purge", "system", None, 30),
        ("purge", "user", 365, 30),
        ("scrub address", None, 365, 1),
        ("scrub person", None, None, 1),
    ]
    [user] = [line for line in lines if line["scope"] == "user"]
    before = datetime.now(UTC) - datetime.fromisoformat(user["before"])
    assert timedelta(days=365) <= before < timedelta(days=365, minutes=5)
    assert isinstance(user["events"], int)
    table = run("retention", "show")
    assert (table.code, "365 days" in table.out, "never" in table.out) == (0, True, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("RETENTION_USER_DAYS", "0"), "TRAILKEEPER_RETENTION_USER_DAYS is '0'; expected 30 to 36,500 days"),
        (
            ("RETENTION_USER_DAYS", "29"),
            "TRAILKEEPER_RETENTION_USER_DAYS is '29'; expected 30 to 36,500 days",
        ),
        (("SCRUB_DAYS", "0"), "TRAILKEEPER_SCRUB_DAYS is '0'; expected 1 to 36,500 days, or never"),
    ],
)
@pytest.mark.parametrize("command", [("purge", "--yes"), ("scrub", "--yes"), ("retention", "show")])
def test_an_age_out_of_bounds_is_refused_and_nothing_changes(
    run: Run, engine: Engine, given: tuple[str, str], message: str, command: tuple[str, ...]
) -> None:
    stored(engine, days_ago(4_000))

    said = run(*command, **dict([given]))

    assert (said.code, said.out, is_one_line(said.err)) == (2, "", True)
    assert message in said.err
    assert count(engine) == 1


def test_a_retention_of_a_tag_below_its_minimum_is_refused_and_nothing_changes(
    run: Run, engine: Engine, tmp_path: object
) -> None:
    path = f"{tmp_path}/own.toml"
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - a path of pytest's as text
        file.write('[events."page:view:done"]\nscope = "user"\nsentence = "x"\nretention_days = 6\n')
    stored(engine, days_ago(4_000))

    said = run("purge", "--yes", CATALOGUE=path)

    assert (said.code, is_one_line(said.err)) == (2, True)
    assert "page:view:done: retention_days is 6; expected a whole number of days, 7 to 36500" in said.err
    assert count(engine) == 1


def test_hold_purge_and_release_tell_what_they_do(run: Run, engine: Engine) -> None:
    stored(engine, days_ago(400), user_id="x")
    stored(engine, days_ago(400), user_id="y")
    added = run("hold", "add", "--user", "x", "--reason", "a lawsuit", "--until", "2999-01-01", "--by", "ann")
    identity = added.out.strip()

    assert (added.code, identity.isdigit()) == (0, True)
    listed = json.loads(run("hold", "list", "--json").out)
    assert (listed["subject_id"], listed["added_by"], listed["until"][:10]) == ("x", "ann", "2999-01-01")
    [planned] = map(json.loads, run("purge", "--dry-run", "--json").out.splitlines())
    assert (planned["events"], planned["held"], planned["holds"]) == (1, 1, [int(identity)])
    assert "removed 1 event from 1 partition, 1 left because of holds" in run("purge", "--yes").err
    assert run("hold", "release", "--yes", identity).code == 0
    assert "removed 1 event" in run("purge", "--yes").err
    assert count(engine) == 0
    assert "no holds in force" in run("hold", "list").err
    assert identity in run("hold", "list", "--all").out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("hold", "release", "--yes", "99"), 1, "no hold in force has the id 99"),
        (("hold", "release", "--yes", "x"), 2, "'x' is not a valid integer"),
        (("hold", "add", "--reason", "r"), 2, "expected one of --user, --project and --organization"),
        (("hold", "add", "--user", "x", "--project", "y", "--reason", "r"), 2, "expected one of --user"),
        (("hold", "add", "--user", "x"), 2, "Missing option '--reason'"),
        (("hold", "add", "--user", "x", "--reason", " "), 2, "the reason has 1 characters"),
        (("hold", "add", "--user", "x", "--reason", "r", "--until", "2020-01-01"), 2, "a time to come"),
        (("erase", "user", "x"), 2, "expected either --dry-run or --yes"),
        (("erase", "user", "x", "--dry-run", "--yes"), 2, "expected either --dry-run or --yes"),
        (("erase", "user", "", "--yes"), 2, "the user's id is empty"),
    ],
)
def test_a_wrong_call_is_one_line_and_changes_nothing(
    run: Run, database_url: str, arguments: tuple[str, ...], code: int, message: str
) -> None:
    said = run(*arguments)

    assert (said.code, said.out, is_one_line(said.err)) == (code, "", True)
    assert message in said.err
    for table in ("holds", "erasures", "events"):
        assert query(database_url, f"SELECT count(*) AS n FROM {table}") == [{"n": 0}]


@pytest.mark.parametrize(
    ("lock", "arguments", "message"),
    [
        (PURGING, ("purge", "--yes"), "another purge is running"),
        (PURGING, ("retention", "collect", "--yes"), "another purge is running"),
        (ERASING, ("erase", "user", "x", "--yes"), "another erasure is running; nothing was erased"),
    ],
)
def test_two_at_once_are_one_line_and_nothing_changes(
    run: Run, engine: Engine, lock: int, arguments: tuple[str, ...], message: str
) -> None:
    stored(engine, days_ago(400), user_id="x", user_name="ann")
    with transaction(engine) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        said = run(*arguments)

    assert (said.code, said.out, is_one_line(said.err)) == (1, "", True)
    assert message in said.err
    assert count(engine) == 1


def test_an_erasure_prints_its_receipt(run: Run, engine: Engine) -> None:
    own = stored(engine, NOW, user_id="x", user_name="ann")
    planned = json.loads(run("erase", "user", "x", "--dry-run", "--json").out)
    assert event(engine, own)["user_name"] == "ann"

    receipt = json.loads(run("erase", "user", "x", "--yes", "--json").out)

    assert (planned["events"], receipt["events"], receipt["held"]) == (1, 1, 0)
    assert event(engine, own)["user_name"] is None
    printed = run("erase", "user", "x", "--yes")
    assert (printed.code, "erasure       2" in printed.out) == (0, True)


def test_scrub_and_collect_say_what_they_did(run: Run, engine: Engine) -> None:
    stored(engine, days_ago(400), scope="project", tag="project:create", ip="198.51.100.23")

    [planned] = map(json.loads, run("scrub", "--dry-run", "--json").out.splitlines())
    assert (planned["step"], planned["events"]) == ("address", 1)
    assert "scrubbed 1 event, 0 left because of holds" in run("scrub", "--yes").err
    assert "removed 0 locations, 0 networks, 0 clients" in run("retention", "collect", "--yes").err
