"""emit(connection=...) through each driver on a real Postgres: one INSERT, with its transaction or never."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg2
import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session

from tests.support.drains import query
from tests.support.emitting import SPOOLED, Broken
from tests.support.outboxes import Kept, emitting, statements
from trailkeeper import InvalidEvent, OutboxMissing, aemit, emit, emit_on_commit
from trailkeeper.producer.wire import decode


@pytest.fixture(autouse=True)
def stream() -> Iterator[Kept]:
    kept = Kept()
    with emitting(kept):
        yield kept


@pytest.fixture
def dsn(database_url: str) -> str:
    """The same database for drivers without SQLAlchemy."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def async_url(database_url: str) -> str:
    return make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def waiting(database_url: str) -> list[Any]:
    rows = query(database_url, "SELECT payload FROM outbox ORDER BY id")
    return [decode(bytes(row["payload"]))[0].id for row in rows]


def test_a_session_of_sqlalchemy(engine: Engine, database_url: str) -> None:
    said = statements(engine)
    with Session(engine) as session, session.begin():
        receipt = emit(SPOOLED, connection=session)
    assert waiting(database_url) == [receipt]
    assert [each.partition(" (")[0] for each in said] == ['INSERT INTO "trailkeeper".outbox']


def test_an_outage_of_redis_does_not_matter(engine: Engine, database_url: str) -> None:
    broken = Broken()
    with emitting(broken), engine.begin() as connection:
        receipt = emit(SPOOLED, connection=connection)
    assert (waiting(database_url), broken.tries) == ([receipt], 0)


@pytest.mark.parametrize("connect", [psycopg2.connect, psycopg.connect], ids=["psycopg2", "psycopg"])
def test_a_connection_of_a_driver(connect: Any, dsn: str, database_url: str) -> None:
    connection = connect(dsn)
    emit(SPOOLED, connection=connection)
    connection.rollback()
    kept = emit(SPOOLED, connection=connection)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT a")
        emit(SPOOLED, connection=connection)
        cursor.execute("ROLLBACK TO SAVEPOINT a")
    connection.commit()
    connection.close()
    assert waiting(database_url) == [kept]


@pytest.mark.parametrize("connect", [psycopg2.connect, psycopg.connect], ids=["psycopg2", "psycopg"])
def test_autocommit_is_refused_unless_a_transaction_was_begun_by_hand(
    connect: Any, dsn: str, database_url: str
) -> None:
    connection = connect(dsn)
    connection.autocommit = True
    with pytest.raises(InvalidEvent, match="autocommit"):
        emit(SPOOLED, connection=connection)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        receipt = emit(SPOOLED, connection=connection)
        cursor.execute("COMMIT")
    connection.close()
    assert waiting(database_url) == [receipt]


def test_sqlalchemys_autocommit_is_refused(engine: Engine, database_url: str) -> None:
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(InvalidEvent, match="autocommit"),
    ):
        emit(SPOOLED, connection=connection)
    assert waiting(database_url) == []


class TestCoroutines:
    def test_sessions_and_connections(self, async_url: str, database_url: str) -> None:
        async def all_of_them() -> list[Any]:
            engine = create_async_engine(async_url)
            maker = async_sessionmaker(engine)
            scoped = async_scoped_session(maker, scopefunc=asyncio.current_task)
            receipts = []
            async with maker() as session:
                receipts.append(await aemit(SPOOLED, connection=session))
                async with session.begin_nested() as savepoint:
                    await aemit(SPOOLED, connection=session)
                    await savepoint.rollback()
                await session.commit()
                await aemit(SPOOLED, connection=session)
                await session.rollback()
            receipts.append(await aemit(SPOOLED, connection=scoped))
            await scoped.commit()
            await scoped.remove()
            async with engine.begin() as connection:
                receipts.append(await aemit(SPOOLED, connection=connection))
            await engine.dispose()
            return receipts

        receipts = asyncio.run(all_of_them())
        assert waiting(database_url) == receipts

    def test_a_connection_of_the_driver(self, dsn: str, database_url: str) -> None:
        async def one() -> Any:
            async with await psycopg.AsyncConnection.connect(dsn) as connection:
                return await aemit(SPOOLED, connection=connection)

        receipt = asyncio.run(one())
        assert waiting(database_url) == [receipt]

    def test_emit_refuses_them(self, async_url: str) -> None:
        engine = create_async_engine(async_url)
        with pytest.raises(InvalidEvent, match=r"AsyncSession of sqlalchemy; expected aemit\(\) for it"):
            emit(SPOOLED, connection=AsyncSession(engine))
        with pytest.raises(InvalidEvent, match="AsyncConnection"):
            emit(SPOOLED, connection=AsyncConnection(engine))

    def test_within_run_sync_the_plain_session_is_for_emit(self, async_url: str, database_url: str) -> None:
        async def one() -> Any:
            engine = create_async_engine(async_url)
            async with AsyncSession(engine) as session, session.begin():
                receipt = await session.run_sync(lambda plain: emit(SPOOLED, connection=plain))
            await engine.dispose()
            return receipt

        receipt = asyncio.run(one())
        assert waiting(database_url) == [receipt]

    def test_on_commit_sends_without_blocking_the_event_loop(self, async_url: str, stream: Kept) -> None:
        loops: list[Any] = []

        class Async(Kept):
            async def asend(self, *given: Any) -> None:
                await asyncio.sleep(0)
                loops.append(asyncio.get_running_loop())
                self.send(*given)

        kept = Async()

        async def both() -> Any:
            engine = create_async_engine(async_url)
            async with AsyncSession(engine) as session:
                receipt = emit_on_commit(session, SPOOLED)
                await session.commit()
                emit_on_commit(session, SPOOLED)
                await session.rollback()
            await engine.dispose()
            return receipt

        with emitting(kept):
            receipt = asyncio.run(both())
        assert [event.id for event in kept.events] == [receipt]
        assert len(loops) == 1


class TestWhatAnOperatorMends:
    def test_a_database_without_our_schema(self, empty_database_url: str) -> None:
        engine = create_engine(empty_database_url)
        with engine.connect() as connection, pytest.raises(OutboxMissing, match="run `trailkeeper migrate`"):
            emit(SPOOLED, connection=connection)
        engine.dispose()

    @pytest.mark.parametrize("connect", [psycopg2.connect, psycopg.connect], ids=["psycopg2", "psycopg"])
    def test_a_role_without_the_right_and_one_with_no_other(
        self, connect: Any, dsn: str, database_url: str
    ) -> None:
        query(database_url, "DROP ROLE IF EXISTS shop")
        query(database_url, "CREATE ROLE shop")
        connection = connect(dsn)
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE shop")
            connection.commit()
            with pytest.raises(OutboxMissing, match="GRANT trailkeeper_outbox"):
                emit(SPOOLED, connection=connection)
            connection.rollback()
            query(database_url, "GRANT trailkeeper_outbox TO shop")
            receipt = emit(SPOOLED, connection=connection)
            connection.commit()
        connection.close()
        assert waiting(database_url) == [receipt]
        query(database_url, "DROP ROLE shop")

    def test_the_table_is_found_in_the_schema_of_the_settings(self, database_url: str) -> None:
        query(database_url, "CREATE SCHEMA trail")
        query(database_url, "CREATE TABLE public.outbox (theirs text)")
        query(database_url, "ALTER TABLE trailkeeper.outbox SET SCHEMA trail")
        engine = create_engine(database_url)
        with engine.connect() as connection, pytest.raises(OutboxMissing, match="TRAILKEEPER_SCHEMA"):
            emit(SPOOLED, connection=connection)
        with emitting(Kept(), schema="trail"), engine.begin() as connection:
            emit(SPOOLED, connection=connection)
        engine.dispose()
        assert len(query(database_url, "SELECT 1 FROM trail.outbox")) == 1

    def test_a_lost_connection_is_the_callers_to_handle(self, database_url: str) -> None:
        engine = create_engine(database_url)
        with engine.connect() as connection:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            query(database_url, "SELECT pg_terminate_backend(:pid)", pid=pid)
            with pytest.raises(OperationalError):
                emit(SPOOLED, connection=connection)
        engine.dispose()


def test_a_session_with_several_databases_is_asked_for_the_connection(
    engine: Engine, database_url: str
) -> None:
    """The one whose transaction is meant is for the caller to say."""
    with Session(engine) as session, session.begin():
        receipt = emit(SPOOLED, connection=session.connection())
        session.execute(text("SELECT 1"))
    assert waiting(database_url) == [receipt]


def test_the_statement_is_compiled_once(engine: Engine) -> None:
    cached: list[object] = []
    event.listen(engine, "before_cursor_execute", lambda *given: cached.append(given[4].compiled))
    with engine.begin() as connection:
        emit(SPOOLED, connection=connection)
        emit(SPOOLED, connection=connection)
    assert cached[0] is cached[1]
