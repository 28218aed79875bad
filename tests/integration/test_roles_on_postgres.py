"""What each role may do, and that it may do no more."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from tests.support.roles import engine_as, url_as
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models import admin_commands, partitions
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import RefusedRow, StoreMisconfigured
from trailkeeper.models.migrate import upgrade
from trailkeeper.models.periods import period_of
from trailkeeper.models.roles import KEPT, OUTBOX, OWNER, READER, WRITER, grant_missing, missing_privileges
from trailkeeper.models.tables import VERSION_TABLE, Base

TABLES = sorted({*Base.metadata.tables, VERSION_TABLE, "events_user", "events_project"})
OLD = datetime(2003, 5, 1, tzinfo=UTC)


def refused(engine: Engine, statement: str) -> bool:
    """Whether Postgres says that one may not; anything else is an error of the test."""
    try:
        with transaction(engine) as connection:
            connection.execute(text(statement))
            connection.rollback()
    except RefusedRow:  # a column has no default: one may insert
        return False
    except StoreMisconfigured as error:
        if error.sqlstate != "42501":
            raise
        return True
    return False


def changes_of(table: str) -> dict[str, str]:
    known = Base.metadata.tables.get(table)
    column = "version_num" if table == VERSION_TABLE else "tag" if known is None else known.columns.keys()[-1]
    return {
        "SELECT": f"SELECT FROM {table} LIMIT 1",
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": f"UPDATE {table} SET {column} = {column} WHERE false",
        "DELETE": f"DELETE FROM {table} WHERE false",
        "TRUNCATE": f"TRUNCATE {table}",
        "DROP": f"DROP TABLE {table}",
    }


def test_the_reader_reads_every_table_and_changes_none(database_url: str) -> None:
    with engine_as(database_url, READER) as reader:
        for table in TABLES:
            changes = changes_of(table)
            allowed = {name for name in changes if not refused(reader, changes[name])}
            readable = {"SELECT"} if table in Base.metadata.tables or table == VERSION_TABLE else set()
            # of an order it may say what is asked for: see below
            assert allowed - ({"INSERT"} if table == "admin_commands" else set()) == readable, table
        assert refused(reader, "CREATE TABLE mine (id integer)")


def test_the_reader_places_orders_and_cannot_say_what_came_of_them(database_url: str) -> None:
    values = "gen_random_uuid(), 'x', 'enrich', '{{}}'"
    place = f"INSERT INTO admin_commands (id, requested_by, action, arguments{{}}) VALUES ({values}{{}})"
    with engine_as(database_url, READER) as reader:
        assert not refused(reader, place.format("", ""))
        with transaction(reader) as connection:
            admin_commands.submit(connection, uuid4(), requested_by="ada", action="enrich", arguments={})
        assert refused(reader, place.format(", outcome", ", '{}'"))


def test_the_outbox_role_leaves_messages_and_does_nothing_else(database_url: str) -> None:
    with engine_as(database_url, OUTBOX) as application:
        assert not refused(application, "INSERT INTO outbox (payload) VALUES ('{}')")
        for table in TABLES:
            for name, statement in changes_of(table).items():
                if (table, name) != ("outbox", "INSERT"):
                    assert refused(application, statement), statement


def test_the_writer_removes_no_record_of_a_removal_and_no_version(database_url: str) -> None:
    with engine_as(database_url, WRITER) as writer:
        for table in (*KEPT, VERSION_TABLE):
            changes = changes_of(table)
            assert refused(writer, changes["DELETE"]), table
            assert refused(writer, changes["TRUNCATE"]), table
            assert refused(writer, changes["DROP"]), table
        assert refused(writer, changes_of(VERSION_TABLE)["UPDATE"])
        assert refused(writer, "CREATE ROLE another")


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
