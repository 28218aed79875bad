"""What each role may do, and that it may do no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from tests.support.drains import query
from tests.support.retained import NOW, stored
from tests.support.roles import engine_as, url_as
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models import admin_commands, erased_persons, partitions
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import StoreError
from trailkeeper.models.migrate import upgrade
from trailkeeper.models.periods import period_of
from trailkeeper.models.privileges import OPERATOR, OUTBOX, OWNER, READER, WHOLE, WRITER, Columns, wanted
from trailkeeper.models.roles import grant_missing, missing_privileges
from trailkeeper.models.tables import VERSION_TABLE, Base

LEAF = period_of("user", NOW).name
TABLES = sorted({*Base.metadata.tables, VERSION_TABLE, "events_user", LEAF})
OLD = datetime(2003, 5, 1, tzinfo=UTC)
INHERITED = {OPERATOR: (OPERATOR, WRITER, OWNER), WRITER: (WRITER, OWNER)}
PERMISSION_DENIED = "42501"

FACTS = {
    *("id", "occurred_at", "recorded_at", "scope", "tag", "request_id", "actor_kind", "credential_kind"),
    *(f"{who}_id" for who in ("user", "project", "organization", "actor", "on_behalf_of", "producer")),
    *("project_name", "organization_name", "imported_by", "sequence"),
}
"""What an event says, and nobody alters; the other columns are derived, or lose personal data."""


def refused(connection: Connection, statement: str) -> bool:
    """Whether Postgres says that one may not; what it says to the values does not matter."""
    try:
        with connection.begin_nested() as nested:
            connection.execute(text(statement))
            nested.rollback()
    except StoreError as error:
        return error.sqlstate == PERMISSION_DENIED
    return False


def columns_of(table: str) -> list[str]:
    if table == VERSION_TABLE:
        return ["version_num"]
    return list(Base.metadata.tables[table if table in Base.metadata.tables else "events"].columns.keys())


def attempts(table: str) -> Iterator[tuple[str, str, str]]:
    """Each verb on each column, or on the table, and a statement that needs nothing else."""
    for column in columns_of(table):
        yield "SELECT", column, f"SELECT {column} FROM {table} LIMIT 0"
        yield "INSERT", column, f"INSERT INTO {table} ({column}) VALUES (DEFAULT)"
        yield "UPDATE", column, f"UPDATE {table} SET {column} = DEFAULT WHERE false"
    yield "DELETE", "*", f"DELETE FROM {table} WHERE false"
    yield "TRUNCATE", "*", f"TRUNCATE {table}"


def may(role: str, table: str, verb: str, column: str) -> bool:
    """Whether `privileges` gives it to the role, or to one of which it is a member."""
    given: list[Columns] = [
        wanted(table).get(each, {}).get(verb, frozenset()) for each in INHERITED.get(role, (role,))
    ]
    return any(columns == WHOLE or column in columns for columns in given)


@pytest.mark.parametrize("role", [WRITER, OPERATOR, READER, OUTBOX])
def test_a_role_may_do_with_each_column_of_each_table_what_it_is_given_and_no_more(
    database_url: str, role: str
) -> None:
    with engine_as(database_url, role) as engine, transaction(engine) as connection:
        wrong = [
            (table, verb, column)
            for table in TABLES
            for verb, column, statement in attempts(table)
            if refused(connection, statement) == may(role, table, verb, column)
        ]
    assert wrong == []


@pytest.mark.parametrize("role", [WRITER, OPERATOR, READER, OUTBOX, OWNER])
def test_no_role_alters_what_an_event_says(database_url: str, role: str) -> None:
    with engine_as(database_url, role) as engine, transaction(engine) as connection:
        for table in ("events", "events_user", LEAF):
            for column in FACTS:
                assert refused(connection, f"UPDATE {table} SET {column} = DEFAULT"), (table, column)
            assert refused(connection, f"TRUNCATE {table}"), table
            assert refused(connection, f"DELETE FROM {table}") == (
                role not in {WRITER, OPERATOR} or table == "events"
            )
    known = set(columns_of("events"))
    assert known > FACTS


@pytest.mark.parametrize("table", ["holds", "erasures"])
def test_a_worker_changes_no_hold_and_no_receipt_and_an_operator_removes_none(
    database_url: str, table: str
) -> None:
    with engine_as(database_url, WRITER) as engine, transaction(engine) as connection:
        assert refused(connection, f"INSERT INTO {table} DEFAULT VALUES")
        for column in columns_of(table):
            assert refused(connection, f"UPDATE {table} SET {column} = DEFAULT"), column
    for role in (WRITER, OPERATOR):
        with engine_as(database_url, role) as engine, transaction(engine) as connection:
            assert refused(connection, f"DELETE FROM {table}")
            assert refused(connection, f"TRUNCATE {table}")
            assert refused(connection, f"DROP TABLE {table}")
            assert refused(connection, "CREATE ROLE another")


def test_by_what_an_erased_person_was_known_an_operator_reads_and_a_worker_only_removes(
    database_url: str,
) -> None:
    known_by = erased_persons.KnownBy(b"key", {"own": {"said": ["f1"]}})
    with engine_as(database_url, OPERATOR) as engine, transaction(engine) as connection:
        for _ in range(2):
            erased_persons.write(connection, "u1", known_by)
        erased_persons.erased(connection, "u1", [7])
        assert erased_persons.read(connection, "u1") == known_by
    for role in (WRITER, READER):
        with engine_as(database_url, role) as engine, transaction(engine) as connection:
            for column in ("user_id", "key", "fingerprints"):
                assert refused(connection, f"SELECT {column} FROM erased_persons"), column
            assert refused(connection, "UPDATE erased_persons SET holds = '{}'")
    with engine_as(database_url, WRITER) as engine, transaction(engine) as connection:
        erased_persons.forget(connection, datetime.now(UTC) + timedelta(days=1))
    assert query(database_url, "SELECT * FROM erased_persons") == []


def test_the_views_read_what_they_show_and_no_messages_on_their_way(database_url: str) -> None:
    with engine_as(database_url, READER) as engine, transaction(engine) as connection:
        assert not refused(connection, "SELECT count(*), min(created_at) FROM outbox")
        assert refused(connection, "SELECT payload FROM outbox")
        for table in ("backfill_blocks", "event_counts", "coverage", "scrub_marks", LEAF):
            assert refused(connection, f"SELECT FROM {table}"), table
        assert refused(connection, "CREATE TABLE mine (id integer)")


def test_an_application_forges_no_id_and_no_time_of_an_outbox_row(database_url: str) -> None:
    with engine_as(database_url, OUTBOX) as engine, transaction(engine) as connection:
        assert not refused(connection, "INSERT INTO outbox (payload, invalid) VALUES ('{}', NULL)")
        assert refused(connection, "INSERT INTO outbox (payload, created_at) VALUES ('{}', now())")
        assert refused(connection, "INSERT INTO outbox (payload) VALUES ('{}') RETURNING id")


def test_the_reader_places_orders_and_cannot_say_what_came_of_them(database_url: str) -> None:
    values = "gen_random_uuid(), 'x', 'enrich', '{{}}'"
    place = f"INSERT INTO admin_commands (id, requested_by, action, arguments{{}}) VALUES ({values}{{}})"
    with engine_as(database_url, READER) as reader, transaction(reader) as connection:
        assert not refused(connection, place.format("", ""))
        admin_commands.submit(connection, uuid4(), requested_by="ada", action="enrich", arguments={})
        assert refused(connection, place.format(", outcome", ", '{}'"))


def test_an_installation_whose_roles_could_do_more_is_put_right_by_migrating(
    database_url: str, engine: Engine
) -> None:
    stored(engine, NOW, user_id="u1")
    tables = f"events, {LEAF}, holds, erasures, outbox"
    with transaction(engine) as connection:
        connection.execute(text(f"GRANT ALL ON {tables} TO {WRITER}, {OWNER}, {READER}, {OUTBOX}"))
        found = {privilege.what for privilege in missing_privileges(connection)}
    assert f"the revocation of UPDATE on trailkeeper.holds from {WRITER}" in found
    assert f"the revocation of TRUNCATE on trailkeeper.{LEAF} from {OWNER}" in found

    assert upgrade(database_url).missing_privileges == []

    for role in (WRITER, READER, OUTBOX):
        with engine_as(database_url, role) as of_role, transaction(of_role) as connection:
            assert refused(connection, "UPDATE events SET tag = 'x'")
            assert refused(connection, "DELETE FROM holds")
    assert query(database_url, "SELECT count(*) AS n FROM events") == [{"n": 1}]


def test_a_partition_that_one_writer_made_is_dropped_by_another_and_read_by_the_reader(
    database_url: str,
) -> None:
    period = period_of("user", OLD)
    with engine_as(database_url, WRITER) as one:
        assert partitions.ensure(one, [period]) == [period.name]
        with transaction(one) as connection:
            owner = text("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = :name")
            assert connection.scalar(owner, {"name": period.name}) == OWNER
            assert connection.scalar(text("SELECT current_user")) == "test_trailkeeper_writer"
    with engine_as(database_url, READER) as reader, transaction(reader) as connection:
        read = (
            "SELECT count(*) FROM events WHERE scope = 'user' AND id < '00f50000-0000-7000-8000-000000000000'"
        )
        assert connection.scalar(text(read)) == 0
    other = make_engine(url_as(database_url, WRITER), application_name="another")
    with transaction(other) as connection:
        found = next(each for each in partitions.existing(connection) if each.name == period.name)
    assert partitions.drop(other, found)
    other.dispose()


def test_migrating_again_and_in_another_database_of_the_cluster_finds_nothing_to_do(
    database_url: str, empty_database_url: str
) -> None:
    assert upgrade(database_url).missing_privileges == []
    assert upgrade(empty_database_url).missing_privileges == []
    for url in (database_url, empty_database_url):
        with engine_as(url, WRITER) as writer, transaction(writer) as connection:
            assert missing_privileges(connection) == []


def test_a_privilege_that_was_taken_away_is_found_and_given_again(database_url: str, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text(f"REVOKE SELECT ON holds FROM {READER}"))
        assert [privilege.what for privilege in missing_privileges(connection)] == [
            f"SELECT on trailkeeper.holds for {READER}"
        ]
        assert grant_missing(connection) == []
        assert missing_privileges(connection) == []


def test_who_may_not_make_roles_migrates_all_the_same(
    postgres: EmbeddedPostgres, empty_database_url: str
) -> None:
    """The tables are then the migrator's own, and what is missing is told."""
    database = make_url(empty_database_url).database
    administrator = make_engine(postgres.start(), application_name="test")
    with transaction(administrator) as connection:
        connection.execute(text("DROP ROLE IF EXISTS plain"))
        connection.execute(text("CREATE ROLE plain LOGIN"))
        connection.execute(text(f"ALTER DATABASE {database} OWNER TO plain"))
    mine = make_url(empty_database_url).set(username="plain").render_as_string(hide_password=False)
    privileges = upgrade(mine).missing_privileges
    # whoever types one of them may have tables of these names on their own search path
    handed_over = [each.statement for each in privileges if "OWNER TO" in each.statement]
    assert all(statement.startswith("ALTER TABLE trailkeeper.") for statement in handed_over)
    missing = [privilege.what for privilege in privileges]
    assert f"trailkeeper.events as a table of {OWNER}" in missing
    assert f"SELECT on trailkeeper.events for {READER}" not in missing  # the tables are its own to share
    engine = make_engine(mine, application_name="test")
    period = period_of("user", OLD)
    assert partitions.ensure(engine, [period]) == [period.name]
    engine.dispose()
    with transaction(administrator) as connection:
        connection.execute(text(f"ALTER DATABASE {database} OWNER TO postgres"))
    assert upgrade(empty_database_url).missing_privileges == []  # a superuser mends it
    cleaning = make_engine(empty_database_url, application_name="test")
    with transaction(cleaning) as connection:
        connection.execute(text("REASSIGN OWNED BY plain TO postgres"))
        connection.execute(text("DROP OWNED BY plain"))
        connection.execute(text("DROP ROLE plain"))
    cleaning.dispose()
    administrator.dispose()
