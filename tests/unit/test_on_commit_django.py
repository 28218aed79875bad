"""Django: emit() in its atomic blocks, and emit_on_commit() after them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction

from tests.support import django_project
from tests.support.emitting import SPOOLED
from tests.support.outboxes import ATTACH, TABLE, Kept, emitting
from trailkeeper import InvalidEvent, bind, emit
from trailkeeper.integrations.django import emit_on_commit
from trailkeeper.producer.testing import recording


@pytest.fixture(scope="module", autouse=True)
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    django_project.start()
    trail = tmp_path_factory.mktemp("django") / "trail.sqlite"
    with connection.cursor() as cursor:
        cursor.execute(ATTACH.replace("?", "%s"), [str(trail)])
        cursor.execute(TABLE)
    yield
    connections.close_all()


@pytest.fixture
def stream() -> Iterator[Kept]:
    kept = Kept()
    with emitting(kept):
        yield kept


@pytest.fixture(autouse=True)
def empty(database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox")


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox")
        return int(cursor.fetchone()[0])


def test_a_database_that_django_does_not_know_ends_no_request_in_production() -> None:
    with recording(on_invalid="quarantine") as recorder:
        assert emit_on_commit("account:login:success", using="nowhere").outcome == "quarantined"
    assert recorder.invalid[0].problem.startswith("using: ")


@pytest.mark.parametrize("form", ["proxy", "wrapper"])
def test_the_event_is_in_the_block_it_was_emitted_in(stream: Kept, form: str) -> None:
    given = connection if form == "proxy" else connections["default"]
    with transaction.atomic():
        assert emit(SPOOLED, connection=given).outcome == "outbox"
        savepoint = transaction.savepoint()
        emit(SPOOLED, connection=given)
        transaction.savepoint_rollback(savepoint)
    assert (rows(), stream.events) == (1, [])


def test_outside_of_a_block_it_is_refused(stream: Kept) -> None:
    with pytest.raises(InvalidEvent, match=r"autocommit mode .* `with transaction\.atomic\(\):`"):
        emit(SPOOLED, connection=connection)
    assert rows() == 0


def test_it_is_sent_after_the_outermost_block_with_the_facts_of_the_call(stream: Kept) -> None:
    with transaction.atomic():
        with bind(request_id="r1"), transaction.atomic():
            receipt = emit_on_commit(SPOOLED, user="7", additional={"version": "1.0"})
        assert (receipt.outcome, stream.events) == ("on_commit", [])
    (event,) = stream.events
    assert (event.id, event.request_id, event.additional) == (receipt, "r1", {"version": "1.0"})


def test_a_rollback_drops_it_and_a_savepoint_its_own(stream: Kept) -> None:
    with transaction.atomic():
        kept = emit_on_commit(SPOOLED)
        inner = transaction.atomic()
        inner.__enter__()
        emit_on_commit(SPOOLED)
        transaction.set_rollback(True)
        inner.__exit__(None, None, None)
    with transaction.atomic():
        emit_on_commit(SPOOLED)
        transaction.set_rollback(True)
    assert [event.id for event in stream.events] == [kept]


def test_another_database_has_its_own_transaction(stream: Kept) -> None:
    with transaction.atomic(using="other"):
        emit_on_commit(SPOOLED, using="other")
        with transaction.atomic():
            transaction.set_rollback(True)
        assert stream.events == []
    assert len(stream.events) == 1


def test_without_a_block_it_is_sent_at_once(stream: Kept) -> None:
    emit_on_commit(SPOOLED)
    assert len(stream.events) == 1


def test_a_wrong_call_is_told_at_the_call(stream: Kept) -> None:
    with pytest.raises(InvalidEvent, match=r"additional\.colour"):
        emit_on_commit(SPOOLED, additional={"colour": "red"})
