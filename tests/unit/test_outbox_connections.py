"""emit(connection=...): what it takes, what it refuses, and what it costs the transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy.exc
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.local import LocalProxy

from tests.support.emitting import BEST_EFFORT, REQUIRED, SPOOLED, Counter
from tests.support.outboxes import Kept, emitting, in_outbox, sqlite_engine, statements
from trailkeeper import InvalidEvent, OutboxMissing, RequestContext, aemit, bind, emit
from trailkeeper.producer.outbox.inserts import BLOCKING
from trailkeeper.producer.testing import Recorder

THING = text("INSERT INTO things VALUES ('a')")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = sqlite_engine(tmp_path / "app.sqlite")
    yield found
    found.dispose()


@pytest.fixture
def stream() -> Iterator[Kept]:
    kept = Kept()
    with emitting(kept):
        yield kept


class TestWhatItTakes:
    def test_a_proxy_of_any_of_these(self, engine: Engine, stream: Kept) -> None:
        with Session(engine) as session, session.begin():
            assert emit(SPOOLED, connection=LocalProxy(lambda: session)).outcome == "outbox"
        assert len(in_outbox(engine)) == 1
        assert stream.events == []

    def test_a_session(self, engine: Engine, stream: Kept) -> None:
        with Session(engine) as session, session.begin():
            session.execute(THING)
            receipt = emit(SPOOLED, user="7", additional={"version": "1.0"}, connection=session)
        (event,) = in_outbox(engine)
        assert (event.id, event.user and event.user.id, receipt.outcome) == (receipt, "7", "outbox")
        assert stream.events == []

    def test_a_scoped_session(self, engine: Engine, stream: Kept) -> None:
        scoped = scoped_session(sessionmaker(engine))
        receipt = emit(SPOOLED, connection=scoped)
        assert in_outbox(engine) == []
        scoped.commit()
        scoped.remove()
        assert [event.id for event in in_outbox(engine)] == [receipt]

    def test_a_connection(self, engine: Engine, stream: Kept) -> None:
        with engine.begin() as connection:
            receipt = emit(SPOOLED, connection=connection)
        assert [event.id for event in in_outbox(engine)] == [receipt]

    def test_a_class_that_inherits_from_a_session(self, engine: Engine, stream: Kept) -> None:
        class OfOurs(Session):
            pass

        with OfOurs(engine) as session, session.begin():
            emit(SPOOLED, connection=session)
        assert len(in_outbox(engine)) == 1

    def test_one_statement_and_nothing_of_the_session_is_flushed(self, engine: Engine, stream: Kept) -> None:
        with Session(engine) as session, session.begin():
            session.execute(THING)
            said = statements(engine)
            flushed: list[object] = []
            sqlalchemy.event.listen(session, "before_flush", lambda *given: flushed.append(given))
            emit(SPOOLED, connection=session)
            assert said == ['INSERT INTO "trailkeeper".outbox (payload, invalid) VALUES (?, ?)']
            assert flushed == []


class TestWithTheTransaction:
    def test_a_rollback_takes_the_event_with_it(self, engine: Engine, stream: Kept) -> None:
        with Session(engine) as session:
            emit(SPOOLED, connection=session)
            session.rollback()
            session.commit()
        assert in_outbox(engine) == []

    def test_a_savepoint_that_is_rolled_back_takes_only_its_own(self, engine: Engine, stream: Kept) -> None:
        with Session(engine) as session, session.begin():
            before = emit(SPOOLED, connection=session)
            savepoint = session.begin_nested()
            emit(SPOOLED, connection=session)
            savepoint.rollback()
            after = emit(SPOOLED, connection=session)
        assert [event.id for event in in_outbox(engine)] == [before, after]

    @pytest.mark.parametrize("tag", [SPOOLED, REQUIRED, BEST_EFFORT])
    def test_the_delivery_level_does_not_matter(self, engine: Engine, stream: Kept, tag: str) -> None:
        with engine.begin() as connection:
            assert emit(tag, connection=connection).outcome == "outbox"
        assert [event.tag for event in in_outbox(engine)] == [tag]

    def test_the_context_of_the_call_is_kept(self, engine: Engine, stream: Kept) -> None:
        with bind(request_id="r1"), engine.begin() as connection:
            emit(SPOOLED, connection=connection)
            emit(SPOOLED, connection=connection, request=RequestContext(ip="192.0.2.1"))
        assert [(event.request_id, event.ip) for event in in_outbox(engine)] == [
            ("r1", None),
            (None, "192.0.2.1"),
        ]

    def test_it_has_no_number_for_a_gap_would_not_tell_a_loss_from_a_rollback(
        self, engine: Engine, stream: Kept
    ) -> None:
        with engine.begin() as connection:
            emit(SPOOLED, connection=connection)
            emit(SPOOLED)
        assert in_outbox(engine)[0].seq is not stream.events[0].seq
        assert stream.events[0].seq == 1


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("given", "named"),
        [
            pytest.param("postgresql://", "str", id="a URL"),
            pytest.param(object(), "object", id="anything"),
            pytest.param(sessionmaker(), "sessionmaker of sqlalchemy", id="a sessionmaker"),
        ],
    )
    def test_what_has_no_transaction_is_named(self, stream: Kept, given: object, named: str) -> None:
        with pytest.raises(InvalidEvent) as refused:
            emit(SPOOLED, connection=given)
        assert refused.value.field == "connection"
        assert refused.value.problem == named
        assert refused.value.expected.startswith("a Session, scoped_session or Connection of SQLAlchemy")

    def test_an_engine_is_none(self, engine: Engine, stream: Kept) -> None:
        with pytest.raises(InvalidEvent, match="Engine of sqlalchemy"):
            emit(SPOOLED, connection=engine)

    def test_coroutines_have_a_call_of_their_own(self, engine: Engine, stream: Kept) -> None:
        async def wrong() -> None:
            with Session(engine) as session:
                await aemit(SPOOLED, connection=session)

        with pytest.raises(InvalidEvent, match=r"Session of sqlalchemy; expected emit\(\) for it"):
            asyncio.run(wrong())

    def test_a_wrong_call_runs_no_statement(self, engine: Engine, stream: Kept) -> None:
        said = statements(engine)
        with engine.begin() as connection, pytest.raises(InvalidEvent, match=r"additional\.colour"):
            emit(SPOOLED, additional={"colour": "red"}, connection=connection)
        assert said == ["BEGIN"]

    def test_a_database_without_outbox_is_told_apart(self, tmp_path: Path, stream: Kept) -> None:
        engine = sqlite_engine(tmp_path / "empty.sqlite", outbox=False)
        with (
            engine.connect() as connection,
            pytest.raises(OutboxMissing, match="trailkeeper migrate") as raised,
        ):
            emit(BEST_EFFORT, connection=connection)
        assert isinstance(raised.value.__cause__, sqlalchemy.exc.OperationalError)
        engine.dispose()

    def test_all_else_that_the_driver_says_reaches_the_caller_as_it_is(
        self, engine: Engine, stream: Kept
    ) -> None:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE outbox DROP COLUMN invalid"))
        with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError):
            emit(SPOOLED, connection=connection)

    def test_a_connection_that_commits_each_statement_is_refused(self, stream: Kept) -> None:
        idle = SimpleNamespace(autocommit=True, info=SimpleNamespace(transaction_status=0))
        with pytest.raises(InvalidEvent, match="autocommit"):
            BLOCKING["driver"](idle, "outbox", {"payload": b"{}", "invalid": None})
        with pytest.raises(InvalidEvent, match=r"atomic\(\)"):
            BLOCKING["django"](
                SimpleNamespace(get_autocommit=lambda: True), "outbox", {"payload": b"{}", "invalid": None}
            )

    def test_in_quarantine_a_wrong_event_goes_with_the_transaction(self, engine: Engine) -> None:
        counter = Counter()
        with emitting(Kept(), counter, on_invalid="quarantine"), engine.begin() as connection:
            assert emit("no:such:tag", connection=connection).outcome == "quarantined"
        with engine.connect() as connection:
            (row,) = connection.execute(text("SELECT payload, invalid FROM outbox"))
        assert b"no:such:tag" in row.payload
        assert b"no event type is called" in row.invalid
        assert counter.outcomes == ["quarantined"]

    def test_in_quarantine_a_wrong_connection_is_kept_in_the_stream(self) -> None:
        recorder = Recorder()
        with emitting(recorder, on_invalid="quarantine"):
            assert emit(SPOOLED, connection="no connection").outcome == "quarantined"
        assert recorder.invalid[0].problem.startswith("connection: str")


def test_it_is_counted_once_as_what_it_is(engine: Engine) -> None:
    counter = Counter()
    with emitting(Kept(), counter), engine.begin() as connection:
        emit(SPOOLED, connection=connection)
        with pytest.raises(InvalidEvent):
            emit(SPOOLED, connection=0)
    assert counter.outcomes == ["outbox", "invalid"]


class TestTheRecorder:
    def test_it_keeps_at_the_call_and_needs_no_table(self, tmp_path: Path) -> None:
        engine = sqlite_engine(tmp_path / "empty.sqlite", outbox=False)
        recorder = Recorder()
        with emitting(recorder), recorder.down(), Session(engine) as session:
            assert emit(SPOOLED, user="7", connection=session).outcome == "outbox"
        recorder.assert_emitted(SPOOLED, user="7")
        engine.dispose()

    def test_it_refuses_what_production_refuses(self) -> None:
        with emitting(Recorder()), pytest.raises(InvalidEvent, match="connection: list"):
            emit(SPOOLED, connection=[])

    def test_what_aemit_is_given_is_checked_as_well(self) -> None:
        with emitting(Recorder()), pytest.raises(InvalidEvent, match="AsyncSession"):
            asyncio.run(aemit(SPOOLED, connection=[]))
