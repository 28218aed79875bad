"""Upgrading: as often as one likes, any number at once, and never at the cost of data."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, insert, text

from tests.support.databases import raw_engine
from tests.support.drains import query
from tests.support.dumps import dump, load
from tests.support.rows import event_row, store
from tests.support.waiting import until
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import StoreMisconfigured, StoreUnavailable
from trailkeeper.models.histories import Question
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.migrate import _config, head, revision, upgrade
from trailkeeper.models.partitions import existing
from trailkeeper.models.tables import AdminCommandRow

WAITING_FOR_A_LOCK = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
    " AND query LIKE '%LOCK TABLE dead_letters%' AND pid <> pg_backend_pid()"
)


def current(url: str) -> str | None:
    """The last step that a database has run."""
    engine = make_engine(url, application_name="test")
    with transaction(engine) as connection:
        found = revision(connection)
    engine.dispose()
    return found


def test_an_empty_database_becomes_current_with_partitions_for_today(empty_database_url: str) -> None:
    assert current(empty_database_url) is None

    upgrade(empty_database_url)

    assert current(empty_database_url) == head()
    engine = make_engine(empty_database_url, application_name="test")
    with transaction(engine) as connection:
        scopes = {partition.scope for partition in existing(connection)}
    engine.dispose()
    assert scopes == {"user", "project", "organization", "system"}


def test_upgrading_again_changes_nothing_and_keeps_every_event(engine: Engine, database_url: str) -> None:
    row = event_row(user_id="u1", additional={"kept": True})
    store(engine, row)

    upgrade(database_url)

    with transaction(engine) as connection:
        (found,) = read_page(connection, Question()).events
    assert (found.id, found.user_id, found.additional) == (row["id"], "u1", {"kept": True})


def test_two_upgrades_at_once_both_end_well(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        upgrades = [pool.submit(upgrade, empty_database_url) for _ in range(2)]

    assert [upgraded.result().missing_privileges for upgraded in upgrades] == [[], []]  # nothing is missing
    assert current(empty_database_url) == head()


def test_an_application_with_migrations_of_its_own_is_not_disturbed(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url, application_name="test")
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE alembic_version AS SELECT 'theirs' AS version_num"))

    upgrade(empty_database_url)

    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "theirs"
    engine.dispose()


def test_upgrading_says_nothing(empty_database_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    upgrade(empty_database_url)

    assert tuple(capfd.readouterr()) == ("", "")


def test_going_back_is_refused_with_what_to_do_instead(engine: Engine) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(NotImplementedError, match="restore a backup"),
    ):
        command.downgrade(_config(connection), "base")


def test_a_database_that_is_away_is_said_to_be(tmp_path: object) -> None:
    with pytest.raises(StoreUnavailable):
        upgrade(f"postgresql+psycopg2://postgres@/postgres?host={tmp_path}")


@pytest.mark.parametrize("schema", ["public", "trailkeeper"])
def test_a_step_that_was_never_released_is_refused_and_named(empty_database_url: str, schema: str) -> None:
    made = f"""
        CREATE SCHEMA IF NOT EXISTS {schema};
        CREATE TABLE {schema}.events (id uuid);
        CREATE TABLE {schema}.trailkeeper_version AS SELECT '0003' AS version_num
    """
    load(empty_database_url, made)
    before = dump(empty_database_url, "--inserts")

    with pytest.raises(StoreMisconfigured, match="at step 0003, which was never part of a release"):
        upgrade(empty_database_url)

    assert dump(empty_database_url, "--inserts") == before


def test_a_database_of_a_later_version_is_refused(database_url: str) -> None:
    query(database_url, "UPDATE trailkeeper_version SET version_num = '9999'")

    with pytest.raises(StoreMisconfigured, match="another version"):
        upgrade(database_url)


def test_previews_of_before_keep_their_counts_and_lose_what_was_in_the_examples(
    engine: Engine, database_url: str
) -> None:
    preview = {
        "kind": "enrich",
        "seen": 1,
        "sample": [{"id": "x", "ip": "203.0.113.7"}],
        "bad": [{"detail": "x"}],
    }
    for outcome in ({"preview": preview}, {"count": 2}):
        values = {"id": uuid4(), "requested_by": "ada", "action": "x", "arguments": {}, "outcome": outcome}
        with transaction(engine) as connection:
            connection.execute(insert(AdminCommandRow).values(values))
    query(database_url, "DROP TABLE erased_persons")
    query(database_url, "UPDATE trailkeeper_version SET version_num = '0012'")

    upgrade(database_url)

    rows = query(database_url, "SELECT outcome FROM admin_commands ORDER BY outcome ? 'count'")
    assert [row["outcome"] for row in rows] == [
        {"preview": preview | {"sample": [], "bad": []}}, {"count": 2},
    ]  # fmt: skip


def test_dead_letters_of_before_stay_however_alike_they_are(database_url: str) -> None:
    query(database_url, "DROP INDEX dead_letters_digest_key, dead_letters_stream_id_idx")
    query(
        database_url,
        "CREATE UNIQUE INDEX dead_letters_stream_id_key ON dead_letters (stream, stream_id, digest)",
    )
    for stream, stream_id in (("events", "1-0"), ("events", "2-0"), ("import:a", "1"), ("import:a1", "")):
        query(
            database_url,
            "INSERT INTO dead_letters (stream, stream_id, digest, reason, detail, deliveries, raw)"
            " VALUES (:stream, :stream_id, 'digest', 'not_json', '', 1, '{}')",
            stream=stream,
            stream_id=stream_id,
        )
    query(database_url, "UPDATE trailkeeper_version SET version_num = '0014'")

    upgrade(database_url)

    digests = [bytes(row["digest"]) for row in query(database_url, "SELECT digest FROM dead_letters")]
    assert len(set(digests)) == 4
    assert {len(digest) for digest in digests} == {16}


def test_while_an_upgrade_waits_for_a_long_transaction_dead_letters_are_still_made(database_url: str) -> None:
    insert = (
        "INSERT INTO dead_letters (stream, stream_id, digest, reason, detail, deliveries, raw)"
        " VALUES ('events', :stream_id, :digest, 'not_json', '', 1, '{}')"
    )
    query(database_url, "UPDATE trailkeeper_version SET version_num = '0014'")
    engine = raw_engine(database_url)
    waiting = threading.Thread(target=upgrade, args=[database_url])
    with engine.connect() as long:
        long.execute(text(insert), {"stream_id": "1-0", "digest": b"1"})
        waiting.start()
        until(lambda: query(database_url, WAITING_FOR_A_LOCK), what="the upgrade waits")
        for number in range(5):
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '2s'"))
                connection.execute(text(insert), {"stream_id": f"2-{number}", "digest": b"2%d" % number})
        assert waiting.is_alive()
        long.commit()
    waiting.join(60)
    engine.dispose()
    assert not waiting.is_alive()
    assert query(database_url, "SELECT version_num FROM trailkeeper_version")[0]["version_num"] == head()
