"""What `trailkeeper history` and `trailkeeper dead-letters` print."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.support.command import Outcome, call
from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.cli.follow import PATIENCE_SECONDS
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.tables import ClientRow, DeadLetterRow, LocationRow, NetworkRow


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str) -> Any:
    def run(*arguments: str, **variables: str) -> Outcome:
        return call(capsys, monkeypatch, *arguments, DATABASE_URL=database_url, **variables)

    return run


def rows_of(engine: Engine, count: int) -> list[dict[str, Any]]:
    rows = [
        event_row(NOON + timedelta(minutes=number), user_id="u1", user_name="joe") for number in range(count)
    ]
    store(engine, *rows)
    return rows


def test_json_is_one_complete_object_a_line_newest_first(engine: Engine, ask: Any) -> None:
    rows = rows_of(engine, 3)
    outcome = ask("history", "user", "u1", "--format", "json")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 0
    assert [event["id"] for event in found] == [str(row["id"]) for row in reversed(rows)]
    assert list(found[0]) == [
        *("id", "tag", "scope", "occurred_at", "recorded_at", "sentence", "user", "project", "organization"),
        *("actor", "ip", "location", "client", "network", "request_id", "additional", "view", "withheld"),
        "extras",
    ]
    assert (found[0]["user"], found[0]["view"]) == ({"id": "u1", "name": "joe"}, "full")


def test_a_table_shows_sentence_address_location_client_and_network(engine: Engine, ask: Any) -> None:
    digest = hashlib.sha256(b"x").digest()
    derived = {"source": "test", "build": "1"}
    place = store_in(
        engine, LocationRow, digest=digest, display="New York, NY, US", country_code="US", **derived
    )
    client = store_in(
        engine,
        ClientRow,
        digest=digest,
        user_agent="x",
        display="Firefox (Ubuntu)",
        kind="browser",
        **derived,
    )
    network = store_in(
        engine, NetworkRow, digest=digest, display="AS64496 Example", asn=64496, operator="Example", **derived
    )
    facts = {
        "user_id": "u1",
        "user_name": "joe",
        "actor_kind": "user",
        "actor_id": "u1",
        "actor_name": "joe",
        "ip": "192.0.2.7",
    }
    store(engine, event_row(NOON, **facts, location_id=place, client_id=client, network_id=network))
    outcome = ask("history", "user", "u1")
    line = outcome.out.splitlines()[1]
    assert line.startswith("2026-11-15 12:00:00")
    for part in ("joe", "192.0.2.7", "New York, NY, US", "Firefox (Ubuntu)", "AS64496 Example"):
        assert part in line


def test_an_event_cannot_steer_the_terminal(engine: Engine, ask: Any) -> None:
    hostile = "\x1b]0;owned\x07\x9b2J\u202e"
    store(engine, event_row(NOON, user_id="u1", user_name=hostile, actor_kind="user", actor_name=hostile))
    for form in ("table", "json", "csv"):
        outcome = ask("history", "all", "--format", form)
        assert outcome.code == 0
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(outcome.out)


def test_an_unknown_tag_is_shown_by_its_name(engine: Engine, ask: Any) -> None:
    store(engine, event_row(NOON, tag="nobody:knows:this"))
    assert "nobody:knows:this" in ask("history", "all").out
    assert json.loads(ask("history", "all", "--format", "json").out)["sentence"] is None


def test_csv_opens_in_a_spreadsheet_without_running_a_formula(engine: Engine, ask: Any) -> None:
    store(engine, event_row(NOON, user_id="u1", user_name="=cmd()", additional={"a": [1, "x,y"]}))
    rows = list(csv.DictReader(io.StringIO(ask("history", "all", "--format", "csv").out)))
    assert [row["user_name"] for row in rows] == ["'=cmd()"]
    assert json.loads(rows[0]["additional"]) == {"a": [1, "x,y"]}


def test_a_table_says_how_to_read_on_and_that_works(engine: Engine, ask: Any) -> None:
    rows = rows_of(engine, 5)
    first = ask("history", "user", "u1", "--limit", "3")
    option, _, cursor = first.err.strip().removeprefix("older ones: ").partition(" ")
    assert (option, cursor) == ("--before", f"user/{rows[2]['id']}")
    second = ask("history", "user", "u1", "--before", cursor, "--format", "json")
    assert [json.loads(line)["id"] for line in second.out.splitlines()] == [
        str(row["id"]) for row in rows[1::-1]
    ]


def test_an_export_goes_on_over_pages(engine: Engine, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trailkeeper.cli.histories.MAX_LIMIT", 2)
    rows = rows_of(engine, 7)
    found = ask("history", "user", "u1", "--format", "json", "--limit", "6").out.splitlines()
    assert [json.loads(line)["id"] for line in found] == [str(row["id"]) for row in rows[:0:-1]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--since", "2026-11-15T12:01:00Z"], [2, 1]),
        (["--until", "2026-11-15T12:01:00"], [0]),
        (["--since", "2026-11-15T13:01:00+01:00", "--until", "2026-11-16"], [2, 1]),
        (["--address", "192.0.2.0/24"], [0]),
        (["--text", "NEEDLE"], [1]),
        (["--tag", "account:*", "--tag", "account:logout"], [2, 1, 0]),
        (["--country", "de"], []),
        (["--asn", "AS64496"], []),
    ],
)
def test_filters_narrow_a_history(filters: list[str], expected: list[int], engine: Engine, ask: Any) -> None:
    extra: list[dict[str, Any]] = [{"ip": "192.0.2.7"}, {"additional": {"x": "a needle"}}, {}]
    rows = [
        event_row(NOON + timedelta(minutes=number), user_id="u1", **columns)
        for number, columns in enumerate(extra)
    ]
    store(engine, *rows)
    found = ask("history", "user", "u1", "--format", "json", *filters).out.splitlines()
    assert [json.loads(line)["id"] for line in found] == [str(rows[number]["id"]) for number in expected]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--actor", "u1"], [0]),
        (["--client", "firefox"], [1]),
        (["--client", "browser"], [1]),
        (["--via-service"], [2]),
    ],
)
def test_actor_client_and_service_narrow_a_history(
    filters: list[str], expected: list[int], engine: Engine, ask: Any
) -> None:
    derived = {"source": "test", "build": "1", "digest": hashlib.sha256(b"x").digest()}
    client = store_in(
        engine,
        ClientRow,
        user_agent="x",
        display="Firefox (Ubuntu)",
        kind="browser",
        name="Firefox",
        **derived,
    )
    extra: list[dict[str, Any]] = [
        {"actor_kind": "user", "actor_id": "u1"},
        {"client_id": client},
        {"actor_kind": "service", "actor_id": "ci"},
    ]
    rows = [event_row(NOON + timedelta(minutes=i), user_id="u1", **each) for i, each in enumerate(extra)]
    store(engine, *rows)
    found = ask("history", "all", "--format", "json", *filters).out.splitlines()
    assert [json.loads(line)["id"] for line in found] == [str(rows[number]["id"]) for number in expected]


@pytest.mark.parametrize(
    ("who", "view"),
    [
        ("admin", "full"),
        ("user:u2,owner:p1", "full"),
        ("user:u1", "full"),
        ("user:u2,maintainer:p1", "redacted"),
        ("user:u2", "redacted"),
        ("public", "redacted"),
    ],
)
def test_a_history_is_shown_as_somebody_else_may_see_it(
    who: str, view: str, engine: Engine, ask: Any
) -> None:
    release = {"scope": "project", "tag": "project:release:add", "project_id": "p1", "ip": "192.0.2.7"}
    store(engine, event_row(NOON, **release, actor_kind="user", actor_id="u1", actor_name="joe"))
    for form in ("json", "table", "csv"):
        outcome = ask("history", "project", "p1", "--as-viewer", who, "--format", form)
        assert (outcome.code, "joe" in outcome.out) == (0, True)
        assert ("192.0.2.7" in outcome.out) == (view == "full")
    found = json.loads(ask("history", "project", "p1", "--as-viewer", who, "--format", "json").out)
    assert (found["view"], "ip" in found) == (view, view == "full")


def test_a_history_that_is_not_the_viewers_does_not_exist(engine: Engine, ask: Any) -> None:
    store(engine, event_row(user_id="u1"))
    there, absent = (
        ask("history", "user", identity, "--as-viewer", "user:u2") for identity in ("u1", "nobody")
    )
    assert (there.code, there.out) == (absent.code, absent.out) == (1, "")
    assert there.err == "trailkeeper: there is no such history: user u1 for this viewer\n"


@pytest.mark.parametrize("who", ["", "joe", "user:", "owner:p1,user:a,user:b", "team:x", "user:u1,public"])
def test_a_viewer_that_is_none_is_told_what_one_looks_like(who: str, ask: Any) -> None:
    outcome = ask("history", "all", "--as-viewer", who)
    assert outcome.code == 2
    assert "expected public, admin, or some of user:ID, owner:ID" in outcome.err


@pytest.mark.parametrize("form", ["json", "table", "csv"])
def test_following_shows_the_newest_last_and_then_what_comes(
    form: str, engine: Engine, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    store(
        engine,
        *(event_row(now - timedelta(seconds=9 - n), user_id="u1", user_name=f"n{n}") for n in range(3)),
    )
    moments = iter(range(2))

    def meanwhile(_: float) -> None:
        number = next(moments, None)
        if number is None:
            raise KeyboardInterrupt
        store(engine, event_row(now + timedelta(seconds=number), user_id="u1", user_name=f"new{number}"))

    monkeypatch.setattr("trailkeeper.cli.follow.time.sleep", meanwhile)
    outcome = ask("history", "user", "u1", "--follow", "--limit", "2", "--format", form)
    shown = [name for line in outcome.out.splitlines() for name in re.findall(r"\bn(?:ew)?\d\b", line)[:1]]
    assert (outcome.code, shown) == (130, ["n1", "n2", "new0", "new1"])


def test_following_an_empty_history_waits_for_its_first_event(
    engine: Engine, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(1))

    def meanwhile(_: float) -> None:
        if next(moments, None) is None:
            raise KeyboardInterrupt
        store(engine, event_row(datetime.now(UTC), user_id="u1"))

    monkeypatch.setattr("trailkeeper.cli.follow.time.sleep", meanwhile)
    outcome = ask("history", "user", "u1", "--follow", "--format", "json")
    assert len(outcome.out.splitlines()) == 1


def test_following_outlives_the_database(engine: Engine, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*_: object) -> list[dict[str, Any]]:
        raise StoreUnavailable("restarting")

    def wait(seconds: float) -> None:
        if seconds < PATIENCE_SECONDS:
            raise KeyboardInterrupt

    monkeypatch.setattr("trailkeeper.cli.follow.time.sleep", wait)
    monkeypatch.setattr("trailkeeper.views.tail.Tail.poll", look)
    outcome = ask("history", "user", "u1", "--follow", "--format", "json")
    assert (outcome.code, outcome.err.strip()) == (
        130,
        "Postgres does not answer, waiting for it: restarting",
    )


@pytest.mark.parametrize("option", [["--until", "2026-01-01"], ["--before", str(UUID(int=7))]])
def test_following_goes_on_from_now_and_nowhere_else(option: list[str], ask: Any) -> None:
    outcome = ask("history", "all", "--follow", *option)
    assert (outcome.code, len(outcome.err.splitlines())) == (2, 1)


def test_an_empty_history_says_so(ask: Any) -> None:
    outcome = ask("history", "user", "nobody")
    assert (outcome.code, outcome.err) == (0, "no events\n")


def test_a_database_without_schema_is_told_to_migrate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    outcome = call(capsys, monkeypatch, "history", "all", DATABASE_URL=empty_database_url)
    assert outcome.code == 1
    assert "`trailkeeper migrate`" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_migrate_makes_the_schema_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    first = call(capsys, monkeypatch, "migrate", DATABASE_URL=empty_database_url)
    second = call(capsys, monkeypatch, "migrate", DATABASE_URL=empty_database_url)
    assert (first.code, second.code) == (0, 0)
    assert "migrated from nothing to" in first.err
    assert "was current" in second.err


def a_dead_letter(engine: Engine, stream_id: str, raw: bytes, reason: str = "not_json") -> int:
    return store_in(
        engine,
        DeadLetterRow,
        stream="trailkeeper:events",
        stream_id=stream_id,
        digest=hashlib.sha256(raw).digest(),
        reason=reason,
        detail="malformed \x1b[2J",
        deliveries=1,
        raw=raw,
    )


def test_dead_letters_are_listed_newest_first_by_reason(engine: Engine, ask: Any) -> None:
    first, other, last = (
        a_dead_letter(engine, "1-0", b"{"),
        a_dead_letter(engine, "2-0", b"{}", "wrong_shape"),
        a_dead_letter(engine, "3-0", b"["),
    )
    lines = ask("dead-letters", "list", "--json").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [last, other, first]
    lines = ask(
        "dead-letters", "list", "--json", "--reason", "not_json", "--before", str(last)
    ).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [first]
    table = ask("dead-letters", "list")
    assert len(table.out.splitlines()) == 4
    assert "\x1b" not in table.out


def test_a_dead_letter_is_shown_whole_even_when_it_is_no_text(engine: Engine, ask: Any) -> None:
    text, binary = a_dead_letter(engine, "1-0", b'{"x": 1'), a_dead_letter(engine, "2-0", b"\xff\x00")
    assert json.loads(ask("dead-letters", "show", str(text), "--json").out)["raw"] == '{"x": 1'
    assert json.loads(ask("dead-letters", "show", str(binary), "--json").out)["raw_base64"] == "/wA="
    assert '{"x": 1' in ask("dead-letters", "show", str(text)).out


def test_a_dead_letter_that_is_not_there_is_told(ask: Any) -> None:
    outcome = ask("dead-letters", "show", "17")
    assert (outcome.code, outcome.err) == (1, "trailkeeper: no dead letter has the id 17\n")


def test_a_purge_dry_run_counts_and_changes_nothing(engine: Engine, ask: Any) -> None:
    store(engine, event_row(NOON - timedelta(days=800), user_id="u1"))
    dry = [json.loads(line) for line in ask("purge", "--dry-run", "--json").out.splitlines()]
    assert [(found["scope"], found["events"], found["whole"]) for found in dry] == [("user", 1, True)]
    assert len(ask("history", "user", "u1", "--format", "json").out.splitlines()) == 1
    assert "removed 1 event from 1 partition" in ask("purge", "--yes").err
    assert ask("history", "user", "u1", "--format", "json").out == ""
