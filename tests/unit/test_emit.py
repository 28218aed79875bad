"""What a call of emit() makes of its arguments and of the request that runs."""

from __future__ import annotations

import asyncio
import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tests.support.emitting import SPOOLED, Counter, an_emitter
from trailkeeper import Actor, Credential, Event, ProducerSettings, RequestContext, Subject, bind, set_actor
from trailkeeper.producer.event import ANONYMOUS, Requester
from trailkeeper.producer.frames import pop, push
from trailkeeper.producer.ids import moment_of, uuid7
from trailkeeper.producer.receipt import Receipt
from trailkeeper.producer.validation.text import CUT
from trailkeeper.producer.wire import decode, encode

AN_ID = UUID("0198f000-0000-7000-8000-000000000001")


class Row:
    """What an ORM or a framework calls a user."""

    def __init__(self, **columns: Any) -> None:
        self.__dict__.update(columns)


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        pytest.param(Subject("7", "alice"), Subject("7", "alice"), id="a Subject"),
        pytest.param("7", Subject("7"), id="an id"),
        pytest.param(7, Subject("7"), id="an integer"),
        pytest.param(AN_ID, Subject(str(AN_ID)), id="a UUID"),
        pytest.param(("7", "alice"), Subject("7", "alice"), id="a pair"),
        pytest.param((7, None), Subject("7"), id="a pair without name"),
        pytest.param(Row(id=7, name="alice"), Subject("7", "alice"), id="an object with a name"),
        pytest.param(
            Row(id=AN_ID, username="alice"), Subject(str(AN_ID), "alice"), id="an object with a username"
        ),
        pytest.param(Row(id="7", name=None, username="al"), Subject("7", "al"), id="a name that is None"),
        pytest.param(Row(id="7"), Subject("7"), id="an object with an id alone"),
        pytest.param(None, None, id="nobody"),
    ],
)
@pytest.mark.parametrize("field", ["user", "project", "organization"])
def test_a_subject_may_be_given_in_many_forms(field: str, form: object, subject: Subject | None) -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, **{field: form})  # type: ignore[arg-type]  # one of three fields of the same type
    assert getattr(recorder.events[0], field) == subject


def test_the_receipt_is_the_id_and_says_where_the_event_is() -> None:
    emitter, recorder = an_emitter()
    receipt = emitter.emit(SPOOLED)
    assert receipt == recorder.events[0].id
    assert receipt.version == 7
    assert receipt.outcome == "stream"


def test_a_receipt_survives_copies_and_is_an_id_everywhere() -> None:
    event_id = uuid7(datetime.now(UTC))
    receipt = Receipt(event_id, "logged")
    for twin in (copy.deepcopy(receipt), pickle.loads(pickle.dumps(receipt))):
        assert (twin, twin.outcome) == (receipt, "logged")
    assert {event_id: 1}[receipt] == 1
    assert str(receipt) == str(event_id)


def test_the_id_is_of_the_time_of_the_event() -> None:
    emitter, recorder = an_emitter()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    receipt = emitter.emit(SPOOLED, occurred_at=yesterday)
    assert abs(moment_of(receipt) - yesterday) < timedelta(milliseconds=1)
    assert recorder.events[0].occurred_at == yesterday


def test_a_time_of_another_zone_becomes_utc() -> None:
    emitter, recorder = an_emitter()
    tokyo = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=9)))
    emitter.emit(SPOOLED, occurred_at=tokyo)
    assert recorder.events[0].occurred_at.isoformat() == "2026-03-01T00:30:00+00:00"


def test_an_older_spelling_of_a_tag_becomes_the_tag() -> None:
    emitter, recorder = an_emitter(metrics=(counter := Counter()))
    emitter.emit("release:add")
    assert recorder.events[0].tag == "project:release:add"
    assert counter.counted == [("trailkeeper.events", ["tag:project:release:add", "outcome:stream"])]


def test_the_payload_arrives_as_it_was_given() -> None:
    emitter, recorder = an_emitter()
    payload = {
        "version": "1.0é",
        "files": 2,
        "score": 3,
        "yanked": False,
        "tags": ["a", None, 1.5],
        "extra": {"deep": [{"er": True}]},
    }
    emitter.emit(SPOOLED, additional=payload)
    assert recorder.events[0].additional == payload


def test_a_value_that_is_not_known_is_kept_as_null() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"version": None})
    assert recorder.events[0].additional == {"version": None}


def test_text_and_numbers_of_a_subclass_are_what_they_are() -> None:
    class Safe(str):
        __slots__ = ()

        def __str__(self) -> str:
            return self

    class Count(int):
        pass

    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"version": Safe("1.0"), "files": Count(3), "tags": [Safe("x")]})
    assert recorder.events[0].additional == {"version": "1.0", "files": 3, "tags": ["x"]}


def test_the_running_request_says_who_and_from_where() -> None:
    emitter, recorder = an_emitter()
    actor = Actor(kind="user", id="7", credential=Credential("session"))
    with bind(ip="2001:db8::1", user_agent="twine/6.1", request_id="r-1", actor=actor):
        emitter.emit(SPOOLED)
    found = recorder.events[0]
    assert (found.ip, found.user_agent, found.request_id, found.actor) == (
        "2001:db8::1",
        "twine/6.1",
        "r-1",
        actor,
    )


def test_what_the_call_says_goes_before_the_running_request() -> None:
    emitter, recorder = an_emitter()
    robot = Actor(kind="system", id="purge")
    with bind(ip="192.0.2.1", actor=Actor(kind="user", id="7")):
        emitter.emit(SPOOLED, actor=robot, request=RequestContext(ip="198.51.100.2"))
    assert (recorder.events[0].ip, recorder.events[0].actor) == ("198.51.100.2", robot)


def test_outside_of_a_request_nobody_is_known() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED)
    found = recorder.events[0]
    assert (found.ip, found.user_agent, found.request_id, found.actor.kind) == (None, None, None, "anonymous")


def test_a_request_given_is_read_behind_the_configured_proxies() -> None:
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9", "HTTP_USER_AGENT": "pip/26"}
    emitter, recorder = an_emitter(trusted_proxies=("10.0.0.0/8",))
    emitter.emit(SPOOLED, request=environ)
    assert (recorder.events[0].ip, recorder.events[0].user_agent) == ("203.0.113.9", "pip/26")


def test_ids_of_an_actor_may_be_integers_and_uuids() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, actor=Actor(kind="staff", id=7, on_behalf_of=("9", "bob")))  # type: ignore[arg-type]  # as applications do
    assert recorder.events[0].actor == Actor(kind="staff", id="7", on_behalf_of=Subject("9", "bob"))


def test_a_long_user_agent_is_cut_and_says_so() -> None:
    emitter, recorder = an_emitter()
    with bind(user_agent="x" * 5000):
        emitter.emit(SPOOLED)
    kept = recorder.events[0].user_agent
    assert kept is not None
    assert len(kept) == 1024
    assert kept.endswith("x…[cut]")


@given(text=st.text(st.characters(), max_size=1500), address=st.text(st.characters(), max_size=40))
def test_nothing_that_a_client_sends_makes_an_event_fail(text: str, address: str) -> None:
    emitter, recorder = an_emitter()
    with bind(ip=address, user_agent=text, request_id=text):
        receipt = emitter.emit(SPOOLED)
    assert receipt.outcome == "stream"
    kept = recorder.events[0].user_agent or ""
    assert not set(kept) & {*map(chr, range(32)), "\x7f", "\u2028", "\u202e"}
    assert len(kept) == min(len(text), 1024)
    assert kept.endswith(CUT) == (len(text) > 1024 or text.endswith(CUT))


def test_an_event_made_elsewhere_keeps_its_id() -> None:
    emitter, recorder = an_emitter()
    moment = datetime(2020, 5, 17, tzinfo=UTC)
    event = Event(id=uuid7(moment), tag="release:add", occurred_at=moment, user_agent="a\nb")
    assert emitter.send(event) == event.id
    found = recorder.events[0]
    assert (found.id, found.tag, found.user_agent) == (
        event.id,
        "project:release:add",
        "a\N{REPLACEMENT CHARACTER}b",
    )


def test_a_coroutine_records_the_same() -> None:
    emitter, recorder = an_emitter(metrics=(counter := Counter()))
    receipt = asyncio.run(emitter.aemit(SPOOLED, user=7, additional={"version": "1"}))
    assert (receipt.outcome, recorder.events[0].id) == ("stream", receipt)
    assert counter.outcomes == ["stream"]


def test_what_is_sent_is_what_a_worker_reads() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, user=("7", "älice"), additional={"extra": {"€": [1]}})
    assert decode(encode(recorder.events[0])) == (recorder.events[0], None)


def test_the_settings_have_defaults_that_work_on_a_laptop() -> None:
    assert ProducerSettings().redis_url == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("kind", ["system", "service"])
def test_what_a_program_does_in_somebodys_request_has_nobodys_address(kind: Any) -> None:
    emitter, recorder = an_emitter()
    program = Actor(kind=kind, id="purge")
    with bind(ip="192.0.2.1", user_agent="Firefox", actor=Actor(kind="staff", id="s1")):
        emitter.emit(SPOOLED, actor=program)
        emitter.emit(SPOOLED, actor=program, origin="request")
    seen = [(event.ip, event.user_agent) for event in recorder.events]
    assert seen == [(None, None), ("192.0.2.1", "Firefox")]


@pytest.mark.parametrize("kind", ["system", "service"])
def test_who_else_acted_in_the_request_of_a_program_is_known(kind: Any) -> None:
    emitter, recorder = an_emitter()
    program = Actor(kind=kind, id="purge")
    with bind(actor=Actor("staff", "s1", "ann", Credential("session", "s3ss10n"))):
        emitter.emit(SPOOLED, actor=program)
        with bind(actor=Actor(kind="system", id="purge")):
            emitter.emit(SPOOLED)
        emitter.emit(SPOOLED, actor=Actor("user", "7"))
        emitter.emit(SPOOLED)
    emitter.emit(SPOOLED, actor=program)
    ann = Requester("staff", "s1", "ann")
    assert [event.requested_by for event in recorder.events] == [ann, ann, ann, UNSET, UNSET]


def test_a_service_that_made_the_request_has_its_address() -> None:
    emitter, recorder = an_emitter()
    with bind(ip="192.0.2.1", actor=Actor(kind="service", id="ci")):
        emitter.emit(SPOOLED)
    assert recorder.events[0].ip == "192.0.2.1"


SAM = Actor("staff", "s1", "sam", Credential("session", "s3ss10n"))
REQUEST_OF_SAM = RequestContext(ip="192.0.2.1", user_agent="Firefox", actor=SAM)


def emitted_in(running: RequestContext, **facts: Any) -> Event:
    emitter, recorder = an_emitter()
    token = push(running)
    emitter.emit(SPOOLED, **facts)
    pop(token)
    return recorder.events[0]


@pytest.mark.parametrize("actor", [Actor("user", "carol"), Actor("anonymous"), Actor("user", "s1")])
def test_who_did_not_make_the_request_has_not_the_address_of_whoever_did(actor: Actor) -> None:
    event = emitted_in(REQUEST_OF_SAM, user="carol", actor=actor)
    assert (event.ip, event.user_agent, event.requested_by) == (None, None, Requester("staff", "s1", "sam"))


def test_an_application_may_say_that_the_address_is_the_actor_s_all_the_same() -> None:
    event = emitted_in(REQUEST_OF_SAM, actor=Actor("user", "carol"), origin="request")
    assert (event.ip, event.requested_by) == ("192.0.2.1", Requester("staff", "s1", "sam"))


@pytest.mark.parametrize(
    "actor", [Actor("staff", "s1"), Actor("staff", "s1", "samuel", Credential("password"))]
)
def test_who_made_the_request_is_told_by_kind_and_id_alone(actor: Actor) -> None:
    event = emitted_in(REQUEST_OF_SAM, actor=actor)
    assert (event.ip, event.requested_by) == ("192.0.2.1", UNSET)


@pytest.mark.parametrize("nobody", [None, ANONYMOUS])
@pytest.mark.parametrize("actor", [Actor("user", "carol"), ANONYMOUS, None])
def test_in_a_request_of_nobody_known_the_actor_is_taken_for_who_made_it(
    nobody: Actor | None, actor: Actor | None
) -> None:
    event = emitted_in(RequestContext(ip="192.0.2.1", actor=nobody), actor=actor)
    assert event.ip == "192.0.2.1"


@pytest.mark.parametrize("actor", [Actor("user", "carol"), Actor("service", "ci")])
def test_a_bound_actor_has_not_the_address_of_whoever_made_the_request(actor: Actor) -> None:
    emitter, recorder = an_emitter()
    token = push(REQUEST_OF_SAM)
    with bind(actor=actor):
        emitter.emit(SPOOLED)
        emitter.emit(SPOOLED, request={"REMOTE_ADDR": "192.0.2.1"})
    with bind(actor=actor, ip="198.51.100.7"):
        emitter.emit(SPOOLED)
    pop(token)
    assert [event.ip for event in recorder.events] == [None, None, "198.51.100.7"]


def test_a_bound_actor_has_the_address_of_a_request_of_nobody_known() -> None:
    emitter, recorder = an_emitter()
    token = push(RequestContext(ip="192.0.2.1", actor=ANONYMOUS))
    with bind(actor=Actor("service", "ci")):
        emitter.emit(SPOOLED)
    pop(token)
    assert recorder.events[0].ip == "192.0.2.1"


EVE = Actor("user", "8")
OF_SAM = Requester("staff", "s1", "sam")


def acted_after(running: RequestContext, *actors: Actor | None) -> tuple[str | None, Any]:
    """Address and requester of an event once `set_actor` named these, one after another."""
    emitter, recorder = an_emitter()
    token = push(running)
    for actor in actors:
        set_actor(actor)
    emitter.emit(SPOOLED)
    pop(token)
    return recorder.events[0].ip, recorder.events[0].requested_by


@pytest.mark.parametrize("actors", [[EVE], [EVE, None], [None, EVE], [ANONYMOUS], [EVE, ANONYMOUS]])
def test_who_made_a_request_keeps_its_address_whomever_the_application_sets(
    actors: list[Actor | None],
) -> None:
    assert acted_after(REQUEST_OF_SAM, *actors) == (None, OF_SAM)


def test_who_made_a_request_may_be_set_once_more() -> None:
    assert acted_after(REQUEST_OF_SAM, EVE, Actor("staff", "s1")) == ("192.0.2.1", UNSET)


@pytest.mark.parametrize("nobody", [None, ANONYMOUS])
@pytest.mark.parametrize("actors", [[EVE], [SAM, EVE], [ANONYMOUS, EVE], [EVE, None]])
def test_in_a_request_of_nobody_known_whom_the_application_set_last_is_taken_for_who_made_it(
    nobody: Actor | None, actors: list[Actor | None]
) -> None:
    assert acted_after(RequestContext(ip="192.0.2.1", actor=nobody), *actors) == ("192.0.2.1", UNSET)


def test_a_stated_context_is_the_actor_s_whoever_runs_the_request() -> None:
    stated = RequestContext(ip="198.51.100.7")
    event = emitted_in(REQUEST_OF_SAM, actor=Actor("user", "carol"), request=stated)
    assert (event.ip, event.requested_by) == ("198.51.100.7", Requester("staff", "s1", "sam"))
