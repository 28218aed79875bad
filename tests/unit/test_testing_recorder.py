"""What the tests of applications are offered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace as Row
from typing import Any
from uuid import UUID

import pytest
import time_machine

from trailkeeper import Emitter, ProducerSettings, emit
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.context import set_actor
from trailkeeper.producer.errors import EventNotRecorded, InvalidEvent, SettingsError, StreamUnavailable
from trailkeeper.producer.event import Actor, Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.process import process_emitter, swap
from trailkeeper.producer.requests.origin import from_request
from trailkeeper.producer.testing import Quarantined, Recorder, recording
from trailkeeper.producer.transports import Transport
from trailkeeper.producer.validation import harmless
from trailkeeper.producer.wire import encode

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def event(tag: str = "account:login:success", **parts: Any) -> Event:
    return Event(id=uuid7(NOW), tag=tag, occurred_at=NOW, **parts)


LOGIN = event(
    user=Subject("1", "alice"),
    actor=Actor(kind="user", id="1"),
    additional={"method": "totp", "tries": 2},
    ip="::1",
)
FAILURE = event("account:login:failure", user=Subject("2"))


@pytest.fixture
def recorder() -> Recorder:
    kept = Recorder()
    for one in (FAILURE, LOGIN):
        send(kept, one)
    return kept


def send(transport: Transport, one: Event, invalid: bytes | None = None) -> None:
    transport.send(encode(one), invalid, time.monotonic() + 1)


CATALOGUE = Catalogue(
    [
        EventType(tag="shop:order:add", scope="user", sentence="ordered", payload={"items": "integer"}),
        EventType(tag="shop:order:refund", scope="user", sentence="refunded", delivery="required"),
    ]
)


@pytest.fixture
def shop() -> Iterator[Emitter]:
    """The process's emitter as an application has configured it."""
    emitter = Emitter(ProducerSettings(), catalogue=CATALOGUE, transport=Recorder(), spool=None)
    before = swap(emitter)
    yield emitter
    swap(before)


def test_what_the_application_emits_is_recorded_under_its_own_catalogue(
    shop: Emitter, trailkeeper_events: Recorder
) -> None:
    receipt = emit("shop:order:add", user=7, additional={"items": 2})
    found = trailkeeper_events.assert_emitted("shop:order:add", user="7", additional={"items": 2})
    assert found.id == receipt
    with pytest.raises(InvalidEvent, match="no event type is called"):
        emit("shop:order:remove")


def test_recording_ends_with_its_block_also_with_an_error(shop: Emitter) -> None:
    def fail() -> None:
        with recording():
            assert process_emitter() is not shop
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert process_emitter() is shop


def test_a_wrong_setting_leaves_the_emitter_in_place(shop: Emitter) -> None:
    with pytest.raises(SettingsError), recording(no_such_setting=1):
        pass
    assert process_emitter() is shop


def test_an_outage_makes_required_events_fail_and_ends_at_once(shop: Emitter) -> None:
    with recording() as recorder:
        with recorder.down(), pytest.raises(EventNotRecorded):
            emit("shop:order:refund")
        assert emit("shop:order:refund").outcome == "stream"
    assert len(recorder.events) == 1


def test_a_wrong_call_is_quarantined_where_that_is_asked_for(shop: Emitter) -> None:
    with recording(on_invalid="quarantine") as recorder:
        assert emit("shop:order:add", additional={"colour": "red"}).outcome == "quarantined"
    assert [kept.problem for kept in recorder.invalid] == [
        "additional.colour: shop:order:add does not declare this key; expected some of: items"
    ]


def test_the_running_request_is_recorded(shop: Emitter, trailkeeper_events: Recorder) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        set_actor(Actor(kind="user", id="7"))
        emit("shop:order:add", user=7)
        return []

    environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_USER_AGENT": "x" * 5000}
    WSGIMiddleware(app, request_id_header=None)(environ, lambda *_: None)
    found = trailkeeper_events.assert_emitted("shop:order:add", actor="7", ip="192.0.2.1")
    assert found.user_agent == harmless("x" * 5000)
    assert found.request_id == from_request(environ).request_id


def test_it_keeps_what_was_sent_in_order(recorder: Recorder) -> None:
    assert recorder.events == [FAILURE, LOGIN]
    assert recorder.only("account:login:success") == [LOGIN]
    assert recorder.only("account:login:logout") == []


def test_it_keeps_what_was_sent_without_blocking(recorder: Recorder) -> None:
    recorder.clear()
    asyncio.run(recorder.asend(encode(LOGIN), None, 0))
    assert recorder.events == [LOGIN]


def test_what_was_quarantined_stands_apart(recorder: Recorder) -> None:
    send(recorder, LOGIN, b'{"problem":"tag: unknown"}')
    assert recorder.invalid == [Quarantined(encode(LOGIN), "tag: unknown")]
    assert len(recorder.events) == 2
    recorder.clear()
    assert (recorder.events, recorder.invalid) == ([], [])


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"user": "1"},
        {"user": Subject("1", "alice"), "project": None},
        {"actor": "1", "ip": "::1"},
        {"additional": {"method": "totp"}},
        {"additional": {}},
    ],
)
def test_an_event_is_found_by_the_parts_that_matter(recorder: Recorder, parts: dict[str, Any]) -> None:
    assert recorder.assert_emitted("account:login:success", **parts) == LOGIN


@pytest.mark.parametrize(
    "parts",
    [
        {"user": "2"},
        {"user": None},
        {"project": "1"},
        {"additional": {"method": "webauthn"}},
        {"additional": {"other": None}},
    ],
)
def test_an_event_with_other_parts_is_not_found(recorder: Recorder, parts: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        recorder.assert_emitted("account:login:success", **parts)


def test_the_message_lists_what_was_emitted_instead(recorder: Recorder) -> None:
    send(recorder, LOGIN, b'{"problem":"tag: unknown"}')
    with pytest.raises(AssertionError) as failed:
        recorder.assert_emitted("account:login:logout", user="1")
    lines = str(failed.value).splitlines()
    assert lines[:2] == ["not emitted: account:login:logout user='1'", "what was emitted:"]
    assert lines[2].startswith("  1. account:login:failure occurred_at=")
    assert "user=Subject(id='1', name='alice')" in lines[3]
    assert "additional={'method': 'totp', 'tries': 2}" in lines[3]
    assert lines[4:] == ["  quarantined: tag: unknown"]


def test_the_message_says_so_when_there_was_nothing() -> None:
    with pytest.raises(AssertionError, match=r"not emitted: a:b\nwhat was emitted:\n  nothing"):
        Recorder().assert_emitted("a:b")


def test_a_part_that_events_do_not_have_is_a_mistake_in_the_test(recorder: Recorder) -> None:
    with pytest.raises(TypeError, match="events have no usr; they have"):
        recorder.assert_emitted("account:login:success", usr="1")


def test_an_outage_lasts_to_the_end_of_the_block(recorder: Recorder) -> None:
    recorder.clear()
    with recorder.down(), pytest.raises(StreamUnavailable):
        send(recorder, LOGIN)
    send(recorder, FAILURE)
    assert recorder.events == [FAILURE]


def test_an_outage_can_last_until_it_is_ended(recorder: Recorder) -> None:
    recorder.clear()
    recorder.down()
    with pytest.raises(StreamUnavailable):
        send(recorder, LOGIN)
    recorder.up()
    send(recorder, LOGIN)
    assert recorder.events == [LOGIN]


@pytest.mark.parametrize("given", [7, UUID(int=7), ("7", "alice"), Row(id=7, name="alice")], ids=repr)
def test_a_subject_is_found_by_whatever_was_passed_to_emit(given: Any) -> None:
    with recording() as recorder:
        emit("account:login:success", user=given, actor=Actor("user", 7))  # type: ignore[arg-type]
    recorder.assert_emitted("account:login:success", user=given, actor=7)
    with pytest.raises(AssertionError):
        recorder.assert_emitted("account:login:success", user=8)
    with pytest.raises(AssertionError):
        recorder.assert_emitted("account:login:success", user=object())


@pytest.mark.parametrize("year", [1990, 2020, 2300])
def test_a_test_may_set_its_clock_to_any_time(year: int) -> None:
    with recording() as recorder:
        with recorder.down(spool=True):
            emit("account:login:success", user="today")
        with time_machine.travel(datetime(year, 1, 1, tzinfo=UTC)):
            assert len(recorder.spooled) == 1
            assert emit("account:login:success", user="then").outcome == "stream"
    assert len(recorder.events) == 2
