"""emit_on_commit: after the outermost commit of a session, and never after a rollback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine, String, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from werkzeug.local import LocalProxy

from tests.support.emitting import BEST_EFFORT, REQUIRED, SPOOLED, Broken, Counter
from tests.support.outboxes import Kept, emitting, sqlite_engine
from trailkeeper import InvalidEvent, bind, emit_on_commit
from trailkeeper.producer.testing import recording


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    name: Mapped[str] = mapped_column(String, primary_key=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = sqlite_engine(tmp_path / "app.sqlite", outbox=False)
    yield found
    found.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def stream() -> Iterator[Kept]:
    kept = Kept()
    with emitting(kept):
        yield kept


def test_an_argument_that_nobody_knows_is_refused_and_not_dropped(session: Session, stream: Kept) -> None:
    with pytest.raises(InvalidEvent, match="usr: there is no such argument"):
        emit_on_commit(session, SPOOLED, usr="7")  # type: ignore[call-arg]
    session.commit()
    assert stream.events == []


@pytest.mark.parametrize(
    "wrong",
    [None, "session", object(), LocalProxy(lambda: None)],
    ids=["none", "text", "object", "proxy of none"],
)
def test_what_is_no_session_ends_no_request_in_production_and_its_event_is_kept(wrong: Any) -> None:
    with recording(on_invalid="quarantine") as recorder:
        receipt = emit_on_commit(wrong, "account:login:success", user="7")
    (kept,) = recorder.invalid
    assert receipt.outcome == "quarantined"
    assert kept.problem.startswith("session: ")
    assert json.loads(kept.payload)["user"]["id"] == "7"


def test_a_session_that_begins_no_transaction_ends_no_request_in_production(engine: Engine) -> None:
    with recording(on_invalid="quarantine") as recorder, Session(engine, autobegin=False) as session:
        assert emit_on_commit(session, "account:login:success").outcome == "quarantined"
    assert "it is in no transaction" in recorder.invalid[0].problem


def test_a_proxy_of_a_session_is_the_session(session: Session, stream: Kept) -> None:
    emit_on_commit(LocalProxy(lambda: session), SPOOLED)
    assert stream.events == []
    session.commit()
    assert len(stream.events) == 1


def ids(stream: Kept) -> list[Any]:
    return [event.id for event in stream.events]


def test_it_is_sent_after_the_commit_with_the_facts_of_the_call(
    session: Session, engine: Engine, stream: Kept
) -> None:
    with bind(request_id="r1"):
        receipt = emit_on_commit(session, SPOOLED, user="7", additional={"version": "1.0"})
    assert (receipt.outcome, stream.events) == ("on_commit", [])
    session.add(Thing(name="a"))
    session.commit()
    (event,) = stream.events
    assert (event.id, event.request_id, event.additional) == (receipt, "r1", {"version": "1.0"})


def test_the_row_is_committed_before_it_is_sent(session: Session, engine: Engine) -> None:
    seen: list[int] = []

    class Looking(Kept):
        def send(self, *given: Any) -> None:
            with engine.connect() as other:
                seen.append(other.execute(text("SELECT count(*) FROM things")).scalar_one())

    with emitting(Looking()):
        session.add(Thing(name="a"))
        emit_on_commit(session, SPOOLED)
        session.commit()
    assert seen == [1]


def test_a_rollback_and_a_close_drop_it(session: Session, stream: Kept) -> None:
    emit_on_commit(session, SPOOLED)
    session.rollback()
    session.commit()
    emit_on_commit(session, SPOOLED)
    session.close()
    session.execute(text("SELECT 1"))
    session.commit()
    assert stream.events == []


def test_each_transaction_of_a_session_sends_its_own(session: Session, stream: Kept) -> None:
    first = emit_on_commit(session, SPOOLED)
    session.commit()
    assert ids(stream) == [first]
    second = emit_on_commit(session, SPOOLED)
    session.commit()
    assert ids(stream) == [first, second]


def test_a_released_savepoint_waits_for_the_whole(session: Session, stream: Kept) -> None:
    with session.begin():
        with session.begin_nested():
            receipt = emit_on_commit(session, SPOOLED)
        assert stream.events == []
    assert ids(stream) == [receipt]


def test_a_savepoint_that_is_rolled_back_takes_its_own_and_those_of_savepoints_within(
    session: Session, stream: Kept
) -> None:
    with session.begin():
        before = emit_on_commit(session, SPOOLED)
        outer = session.begin_nested()
        emit_on_commit(session, SPOOLED)
        with session.begin_nested():
            emit_on_commit(session, SPOOLED)
        outer.rollback()
        after = emit_on_commit(session, SPOOLED)
    assert ids(stream) == [before, after]


def test_a_flush_that_fails_drops_what_it_spoils(session: Session, stream: Kept) -> None:
    session.add(Thing(name="a"))
    session.commit()
    session.expunge_all()
    with session.begin():
        kept = emit_on_commit(session, SPOOLED)
        savepoint = session.begin_nested()
        emit_on_commit(session, SPOOLED)
        session.add(Thing(name="a"))
        with pytest.raises(IntegrityError):
            session.flush()
        savepoint.rollback()
    assert ids(stream) == [kept]


def test_what_is_left_during_a_flush_belongs_to_the_transaction_around_it(
    session: Session, stream: Kept
) -> None:
    left: list[object] = []
    sqlalchemy.event.listen(
        session, "after_flush", lambda flushing, _: left.append(emit_on_commit(flushing, SPOOLED))
    )
    session.add(Thing(name="a"))
    session.commit()
    assert ids(stream) == left


def test_a_listener_of_the_application_that_raises_does_not_lose_it(session: Session, stream: Kept) -> None:
    def fail(_: Session) -> None:
        raise ZeroDivisionError

    sqlalchemy.event.listen(session, "after_commit", fail, insert=True)
    receipt = emit_on_commit(session, SPOOLED)
    sqlalchemy.event.listen(session, "after_commit", fail)
    with pytest.raises(ZeroDivisionError):
        session.commit()
    session.close()
    assert ids(stream) == [receipt]


def test_a_scoped_session_is_the_session_it_stands_for(engine: Engine, stream: Kept) -> None:
    scoped = scoped_session(sessionmaker(engine))
    receipt = emit_on_commit(scoped, SPOOLED)
    scoped.commit()
    scoped.remove()
    assert ids(stream) == [receipt]


def test_a_session_that_begins_nothing_by_itself_must_have_begun(engine: Engine, stream: Kept) -> None:
    with Session(engine, autobegin=False) as session:
        with pytest.raises(InvalidEvent, match=r"no transaction; expected one after its begin\(\)"):
            emit_on_commit(session, SPOOLED)
        with session.begin():
            receipt = emit_on_commit(session, SPOOLED)
    assert ids(stream) == [receipt]


def test_a_wrong_call_is_told_at_the_call(session: Session, stream: Kept) -> None:
    with pytest.raises(InvalidEvent, match=r"additional\.colour"):
        emit_on_commit(session, SPOOLED, additional={"colour": "red"})
    session.commit()
    assert stream.events == []


def test_what_is_no_session_is_named(engine: Engine, stream: Kept) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(InvalidEvent, match="session: Connection of sqlalchemy"),
    ):
        emit_on_commit(connection, SPOOLED)


@pytest.mark.parametrize("tag", [SPOOLED, REQUIRED])
def test_after_the_commit_nothing_is_refused_any_more_but_kept(
    session: Session, tag: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "trailkeeper")
    with emitting(Broken()):
        receipt = emit_on_commit(session, tag)
        session.commit()
    (record,) = caplog.records
    assert record.getMessage().startswith("event_not_in_redis")
    assert str(receipt) in record.getMessage()


def test_a_best_effort_event_may_be_dropped(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    counter = Counter()
    with emitting(Broken(), counter):
        emit_on_commit(session, BEST_EFFORT)
        assert counter.outcomes == []
        session.commit()
    assert (counter.outcomes, caplog.records) == (["dropped"], [])


def test_what_breaks_after_the_commit_neither_reaches_the_caller_nor_stops_the_others(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    class BreaksOnce(Kept):
        broken = False

        def send(self, *given: Any) -> None:
            if not self.broken:
                self.broken = True
                raise ZeroDivisionError
            super().send(*given)

    stream = BreaksOnce()
    with emitting(stream):
        emit_on_commit(session, SPOOLED)
        second = emit_on_commit(session, SPOOLED)
        session.commit()
    assert ids(stream) == [second]
    assert "ZeroDivisionError" in caplog.text


def test_an_interruption_is_passed_on_after_the_others_were_sent(session: Session) -> None:
    class Interrupted(Kept):
        def send(self, *given: Any) -> None:
            super().send(*given)
            if len(self.events) == 1:
                raise KeyboardInterrupt

    stream = Interrupted()
    with emitting(stream):
        both = [emit_on_commit(session, SPOOLED) for _ in range(2)]
        with pytest.raises(KeyboardInterrupt):
            session.commit()
    assert ids(stream) == both


def test_the_emitter_of_the_call_sends_it(session: Session) -> None:
    first, second = Kept(), Kept()
    with emitting(first):
        emit_on_commit(session, SPOOLED)
    with emitting(second):
        session.commit()
    assert (len(first.events), second.events) == (1, [])
