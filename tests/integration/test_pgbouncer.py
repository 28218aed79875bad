"""Everything works through PgBouncer in transaction mode and leaves nothing behind in its sessions.

The schema has a name of its own here, and in `public` lie an application's tables with our names: a statement
that is not bound to our schema meets them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from tests.support.api import ADMIN, asking
from tests.support.api import settings as views_settings
from tests.support.backfills import a_line, run_to_end, start_import, write_lines
from tests.support.databases import passing_folder
from tests.support.drains import STREAM, an_event, put, settings_for
from tests.support.emitting import SPOOLED
from tests.support.outboxes import Kept, emitting
from tests.support.pgbouncer import pooling, states
from tests.support.retained import NOW, days_ago, stored
from tests.support.roles import url_as
from trailkeeper import emit
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models.engine import make_engine, qualified, run_in_autocommit, transaction
from trailkeeper.models.errors import StoreMisconfigured, StoreUnavailable
from trailkeeper.models.locks import PURGING, advisory_lock
from trailkeeper.models.migrate import head, upgrade
from trailkeeper.models.partitions import existing
from trailkeeper.models.privileges import OPERATOR, READER, WRITER
from trailkeeper.views.app import create_app
from trailkeeper.views.app_state import reading_engine
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.counting import check
from trailkeeper.worker.counting.reconcile import reconcile_live
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.retention import Busy, add_hold, collect_orphans, erase, purge, scrub
from trailkeeper.worker.settings import WorkerSettings

SCHEMA = "audit"
LOGINS = tuple(f"test_{role}" for role in (READER, WRITER, OPERATOR))
NAMESAKES = """
    CREATE TABLE events (id int, what text); CREATE TABLE clients (name text);
    CREATE TABLE locations (name text); CREATE TABLE outbox (id int, body text);
    CREATE TABLE holds (id int); CREATE TABLE purges (id int); CREATE TABLE networks (id int);
"""


@pytest.fixture(scope="module")
def pooled_server(postgres: EmbeddedPostgres) -> Iterator[str]:
    with (
        passing_folder() as folder,
        pooling(postgres.start(), folder / "pgbouncer", ("postgres", *LOGINS)) as url,
    ):
        yield url


@pytest.fixture
def url(pooled_server: str, empty_database_url: str) -> Iterator[str]:
    """A migrated database through the pooler, whose sessions are looked at when the test is through."""
    name = make_url(empty_database_url).database
    pooled = make_url(pooled_server).set(database=name).render_as_string(hide_password=False)
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text(NAMESAKES))
    engine.dispose()
    untouched = states(pooled)
    assert upgrade(pooled, SCHEMA).missing_privileges == []
    yield pooled
    assert states(pooled) == untouched


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    found = make_engine(url, schema=SCHEMA, application_name="test", pool_size=4)
    yield found
    found.dispose()


@pytest.fixture
def settings(redis_url: str, url: str, pooled_server: str) -> WorkerSettings:
    """A worker's, as the role of least privilege."""
    return settings_of(WRITER, redis_url, url)


@pytest.fixture
def operator(redis_url: str, url: str, pooled_server: str) -> WorkerSettings:
    """Those of who runs the command, who may also hold and erase."""
    return settings_of(OPERATOR, redis_url, url)


def settings_of(role: str, redis_url: str, url: str) -> WorkerSettings:
    login = make_url(url_as(url, role, SCHEMA)).render_as_string(hide_password=False)
    return settings_for(redis_url, login, schema=SCHEMA, retention_user_days=90, scrub_address_days=30)


def rows(engine: Engine, statement: str) -> list[Any]:
    with transaction(engine) as connection:
        return list(connection.execute(text(statement)).mappings())


def test_startup_options_would_be_refused(url: str) -> None:
    """So that the rest proves something."""
    with pytest.raises(psycopg2.OperationalError, match="unsupported startup parameter"):
        psycopg2.connect(
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
            options="-c statement_timeout=1000",
        )


def test_a_second_migration_finds_nothing_to_do(url: str) -> None:
    assert upgrade(url, SCHEMA).before == head()


def test_the_stream_the_outbox_and_an_import_are_stored(
    engine: Engine, settings: WorkerSettings, client: redis.Redis, url: str, tmp_path: Path
) -> None:
    put(client, *(an_event(ip="8.8.8.8", user_agent="twine/4.0.2 CPython/3.11.3") for _ in range(50)))
    shop = create_engine(url)
    with emitting(Kept(), schema=SCHEMA), shop.begin() as connection:
        emit(SPOOLED, connection=connection)
    shop.dispose()
    drainer, relayer, runner = Drainer(settings, "here/1"), Relayer(settings, "here/1"), Runner(settings)

    assert drainer.run(20).stored == 50
    assert drainer.run(1).stored == 0
    assert relayer.run(20).stored == 1
    job = start_import(runner.engine, write_lines(tmp_path / "f", [a_line(n) for n in range(30)]))
    done = run_to_end(runner, job.id)

    assert (done.state, done.seen) == ("finished", 30)
    [derived] = rows(engine, "SELECT count(*) AS n FROM events WHERE client_id IS NOT NULL")
    assert derived["n"] >= 80
    for used in (drainer, relayer, runner):
        used.close()


def test_histories_are_shown_and_their_limits_hold(engine: Engine, url: str, redis_url: str) -> None:
    stored(engine, NOW, user_id="u1", user_name="ann")
    reader = url_as(url, READER, SCHEMA)
    settings = views_settings(
        database_url=reader, redis_url=redis_url, stream=STREAM, schema=SCHEMA, views_statement_ms=300
    )
    app = create_app(settings)
    with asking(app, ADMIN) as client:
        shown = client.get("/api/v1/events").json()
        assert [event["user"]["id"] for event in shown["events"]] == ["u1"]
    began = time.monotonic()
    with pytest.raises(StoreUnavailable), transaction(app.state.trailkeeper.engine) as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    assert time.monotonic() - began < 3
    writing = reading_engine(views_settings(database_url=url, schema=SCHEMA))
    with pytest.raises(StoreUnavailable, match="read-only"), transaction(writing) as connection:
        connection.execute(text("DELETE FROM events"))
    writing.dispose()


def test_what_is_past_its_time_is_purged_with_its_partition_scrubbed_erased_and_held(
    engine: Engine, settings: WorkerSettings, operator: WorkerSettings
) -> None:
    for days in (400, 401, 200, 60):
        stored(engine, days_ago(days), user_id="u1", user_name="ann", ip="8.8.8.8")
    stored(engine, days_ago(100), user_id="u2", ip="8.8.8.8")
    stored(engine, days_ago(1), user_id="u3", user_name="bob", ip="8.8.8.8")
    add_hold(operator, "user", "u2", reason="a lawsuit")

    removed = purge(settings, NOW)
    scrubbed = scrub(settings, NOW)
    receipt = erase(operator, "u3", by="ops")

    assert any(removal.whole for removal in removed)
    assert sum(removal.events for removal in removed) == 3
    assert sum(scrub.events for scrub in scrubbed) == 1
    assert receipt.events == 1
    left = rows(engine, "SELECT user_id FROM events WHERE scope = 'user' ORDER BY id")
    assert [row["user_id"] for row in left] == ["u2", "u1", "u3"]
    assert collect_orphans(settings) == {"locations": 0, "clients": 0, "networks": 0}


def test_counts_add_up(engine: Engine, settings: WorkerSettings, client: redis.Redis) -> None:
    put(client, *(an_event(producer="shop", seq=number) for number in (1, 2, 4)))
    drainer = Drainer(settings, "here/1")
    drainer.run(20)
    drainer.close()

    assert check(settings).merged == 1
    now = datetime.now(UTC)
    found = reconcile_live(engine, settings, (now - timedelta(hours=2), now), verify=True)

    assert [line.fates for line in found.lines if line.producer == "shop" and line.fates] == [
        {"stored": [(1, 2), (4, 4)]}
    ]
    missing = (
        "SELECT CAST(sequences AS text) AS numbers FROM gaps JOIN producers ON producers.id = producer_id"
        " WHERE name = 'shop'"
    )
    assert rows(engine, missing) == [{"numbers": "{[3,4)}"}]


def test_of_two_purges_one_is_busy(engine: Engine, settings: WorkerSettings) -> None:
    stored(engine, days_ago(400), user_id="u1")
    with advisory_lock(engine, PURGING) as is_held:
        assert is_held
        with pytest.raises(Busy, match="another purge is running"):
            purge(settings, NOW)

    with ThreadPoolExecutor(3) as pool:
        purges = [pool.submit(purge, settings, NOW) for _ in range(3)]
    ends = [run.exception() for run in purges]

    assert None in ends
    assert all(error is None or isinstance(error, Busy) for error in ends)
    assert rows(engine, "SELECT sum(events) AS n FROM purges") == [{"n": 1}]


def test_a_lock_keeps_nothing_waiting_but_its_like(engine: Engine) -> None:
    stored(engine, days_ago(400), user_id="u1")
    with transaction(engine) as connection:
        [old] = [each for each in existing(connection) if each.start <= days_ago(400) < each.end]
    with advisory_lock(engine, PURGING):
        snapshots = "SELECT 1 FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND state LIKE 'idle%'"
        assert rows(engine, snapshots) == []
        parent, leaf = qualified(engine, "events_user"), qualified(engine, old.name)
        run_in_autocommit(engine, f"ALTER TABLE {parent} DETACH PARTITION {leaf} CONCURRENTLY")
        run_in_autocommit(engine, f"VACUUM {leaf}")


def test_a_statement_outside_of_a_transaction_is_cancelled_when_its_time_is_up(url: str) -> None:
    hasty = make_engine(url, schema=SCHEMA, application_name="test", statement_timeout_ms=300)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        run_in_autocommit(hasty, "SELECT pg_sleep(20)")
    assert time.monotonic() - began < 5
    assert run_in_autocommit(hasty, "SELECT 1") == [(1,)]
    hasty.dispose()


def test_a_schema_that_is_not_there_is_said_to_be(url: str) -> None:
    elsewhere = make_engine(url, schema="nowhere", application_name="test")
    with pytest.raises(StoreMisconfigured, match="does not exist"), transaction(elsewhere) as connection:
        connection.execute(text("SELECT FROM admin_commands"))
    elsewhere.dispose()
