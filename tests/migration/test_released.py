"""A database as the last version without a schema of its own left it becomes one of this version."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.support.drains import query, settings_for
from tests.support.dumps import dump, load
from trailkeeper.models import admin_commands, governed, holds, migrate, outbox, status
from trailkeeper.models.backfills import find
from trailkeeper.models.counting.gaps import open_gaps
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.histories import Question
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.migrate import Migration, head, upgrade
from trailkeeper.models.partitions import existing
from trailkeeper.worker.admin_commands import AdminCommandExecutor
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.retention import purge

RELEASED = Path(__file__).parent / "data" / "released_0006.sql"
COMMAND = UUID("01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11")
EVENTS, IMPORTED, LINES, IN_OUTBOX = 36, 10, 35, 3

THEIRS = """
    CREATE TABLE {0}.customers (id int PRIMARY KEY, name text);
    CREATE TABLE {0}.networks (cidr cidr);
    CREATE TABLE {0}.admin_commands (id serial PRIMARY KEY, what text);
    CREATE TABLE {0}.events_archive (id int);
    CREATE VIEW {0}.event_counts AS SELECT count(*) FROM {0}.customers;
    INSERT INTO {0}.customers VALUES (1, 'ann');
    INSERT INTO {0}.admin_commands (what) VALUES ('restart');
"""
NAMESAKES = """
    CREATE TABLE {0}.orders (id int); CREATE TABLE {0}.events (id int, what text);
    CREATE TABLE {0}.clients (name text); CREATE TABLE {0}.outbox (id serial, body text);
    INSERT INTO {0}.events VALUES (1, 'launch'); INSERT INTO {0}.outbox (body) VALUES ('mail');
"""


@pytest.fixture
def released(empty_database_url: str) -> str:
    """Partitions, a hold, what purge, scrub and erasure left, half an import, an outbox, a command."""
    load(empty_database_url, RELEASED.read_text())
    return empty_database_url


@pytest.fixture
def database_url(released: str) -> str:
    """Where the fixture `engine` of all tests connects to."""
    return released


def in_public(url: str) -> str:
    """Everything in the schema `public`, data included."""
    return dump(url, "--schema=public", "--inserts")


def test_everything_moves_and_is_read_as_before(released: str, engine: Engine) -> None:
    tables = query(released, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    rows = query(released, "SELECT id, location_id, client_id, ip FROM public.events ORDER BY id")

    assert upgrade(released) == Migration("0006", "public", [])

    assert len(tables) > 100
    assert query(released, "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    assert query(released, "SELECT id, location_id, client_id, ip FROM events ORDER BY id") == rows
    with transaction(engine) as connection:
        found = read_page(connection, Question(), limit=100).events
        assert len(found) == EVENTS
        assert {event.location.display for event in found if event.location} == {"United States"}
        assert "Firefox (Ubuntu)" in {event.client.display for event in found if event.client}
        assert [hold.subject_id for hold in holds.listing(connection)] == ["u8"]
        for records in (governed.purges, governed.scrubs, governed.erasures):
            assert len(records(connection, 10)) == 1
        assert status.dead_letter_counts(connection) == {"not_json": 1, "unknown_tag": 1}
        assert [gap.numbers for gap in open_gaps(connection) if gap.reported_at] == [[(3, 3)]]
        command = admin_commands.find(connection, COMMAND)
        assert command is not None
        assert (command.requested_by, command.arguments["ids"]) == ("ada", [3])
        assert outbox.backlog(connection).waiting == IN_OUTBOX
        job = find(connection, 1)
        assert job is not None
        assert (job.requested_by, job.seen, job.estimate) == ("ada", IMPORTED, LINES)
        assert len(existing(connection)) > len(query(released, "SELECT 1 FROM scrub_marks"))
    assert query(released, "SELECT DISTINCT fate FROM event_counts ORDER BY 1") == [
        {"fate": "stored"},
        {"fate": "unused"},
    ]


def test_it_has_the_same_schema_as_a_new_database(released: str, database_url: str) -> None:
    upgrade(released)

    # partitions are named by their time, and there are other months
    shapes = [
        dump(url, "--schema-only", "--exclude-table=trailkeeper.events_*_20*")
        for url in (released, database_url)
    ]
    assert shapes[0] == shapes[1]


def test_what_was_under_way_goes_on(released: str, redis_url: str) -> None:
    upgrade(released)
    settings = settings_for(redis_url, released, retention_user_days=3_650)
    runner = Runner(settings)
    executor = AdminCommandExecutor(runner.engine, runner.parts)
    relayer = Relayer(settings, "here/1")

    assert runner.run(1, 60).state == "finished"
    list(executor.run())
    assert relayer.run(20.0).stored == IN_OUTBOX

    runner.close()
    relayer.close()
    [imported] = query(released, "SELECT count(*) AS n FROM events WHERE imported_by = 1")
    assert imported["n"] == LINES
    [command] = query(released, "SELECT outcome, finished_at FROM admin_commands")
    assert command["outcome"] == {"count": 1}
    assert query(released, "SELECT reason FROM dead_letters") == [{"reason": "unknown_tag"}]
    assert query(released, "SELECT 1 FROM outbox") == []


def test_partitions_that_moved_are_purged(released: str, redis_url: str) -> None:
    upgrade(released)

    removed = purge(settings_for(redis_url, released, retention_user_days=30))

    assert sum(removal.whole for removal in removed) >= 1
    [held] = query(released, "SELECT user_id FROM events WHERE occurred_at < '2025-12-01'")
    assert held["user_id"] == "u8"


def test_tables_of_an_application_beside_ours_stay_as_they_are(released: str) -> None:
    load(released, THEIRS.format("public"))
    theirs = ["admin_commands", "customers", "event_counts", "events_archive", "networks"]
    options = ["--inserts", *(f"--table=public.{table}*" for table in theirs)]
    before = dump(released, *options)

    upgrade(released)

    assert dump(released, *options) == before
    kept = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )
    assert sorted(row["relname"] for row in query(released, kept)) == theirs


def test_a_step_that_fails_leaves_everything_as_it_was(
    released: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(released, "--inserts")

    def fail(*_: Any) -> None:
        raise StoreMisconfigured("a right is missing")

    monkeypatch.setattr(migrate, "grant_missing", fail)  # the last of all
    with pytest.raises(StoreMisconfigured, match="a right is missing"):
        upgrade(released)

    assert dump(released, "--inserts") == before


def test_a_name_that_is_taken_beside_tables_that_are_to_stay_leaves_everything_as_it_was(
    released: str,
) -> None:
    load(released, THEIRS.format("public"))
    before = dump(released, "--inserts")

    with pytest.raises(StoreMisconfigured, match=r"event_counts|admin_commands"):
        upgrade(released, "public")

    assert dump(released, "--inserts") == before


def test_the_tables_stay_where_the_setting_says_that_they_are(released: str) -> None:
    assert upgrade(released, "public") == Migration("0006", None, [])

    assert query(released, "SELECT to_regnamespace('trailkeeper') AS ours") == [{"ours": None}]
    [found] = query(released, "SELECT count(*) AS n FROM public.events")
    assert found["n"] == EVENTS


def test_a_second_time_does_nothing(released: str) -> None:
    upgrade(released)
    before = dump(released, "--inserts")

    assert upgrade(released) == Migration(head(), None, [])

    assert dump(released, "--inserts") == before


def test_an_application_with_tables_of_our_names_keeps_them(empty_database_url: str) -> None:
    load(empty_database_url, NAMESAKES.format("public"))
    before = in_public(empty_database_url)

    assert upgrade(empty_database_url) == Migration(None, None, [])

    assert in_public(empty_database_url) == before


def test_tables_of_our_names_in_our_schema_are_refused_and_named(released: str) -> None:
    load(released, "CREATE SCHEMA trailkeeper;" + NAMESAKES.format("trailkeeper"))
    before = dump(released, "--inserts")

    with pytest.raises(StoreMisconfigured, match="the names of its tables: clients, events, orders, outbox"):
        upgrade(released)

    assert dump(released, "--inserts") == before


def test_of_two_installations_the_one_on_the_search_path_is_moved(released: str) -> None:
    load(released, "CREATE SCHEMA audit;" + RELEASED.read_text().replace("public.", "audit."))

    assert upgrade(released).moved_from == "public"
    assert query(released, "SELECT version_num FROM audit.trailkeeper_version") == [{"version_num": "0006"}]
