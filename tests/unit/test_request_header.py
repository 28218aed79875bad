"""The running request as a header for another process."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper import Actor, Credential, InvalidEvent, RequestContext, Subject, bind, emit, set_actor
from trailkeeper.producer.event import ANONYMOUS, Requester
from trailkeeper.producer.frames import current, pop, push
from trailkeeper.producer.request_header import MAX_LENGTH, dump, entered, load
from trailkeeper.producer.testing import recording

REQUEST = RequestContext(
    ip="203.0.113.9",
    user_agent="Firefox",
    request_id="r1",
    actor=Actor(
        kind="service",
        id="1",
        name="robot",
        credential=Credential("api_token", "42", "deploy"),
        on_behalf_of=Subject("7", "ada"),
    ),
)


def dumped(request: RequestContext) -> str | None:
    token = push(request)
    try:
        return dump()
    finally:
        pop(token)


def test_what_is_read_is_what_was_written() -> None:
    assert load(dumped(REQUEST)) == REQUEST


def test_a_block_runs_in_the_request_of_a_header() -> None:
    with entered(dumped(REQUEST)):
        assert current() == REQUEST
        with entered("{"):
            assert current() == RequestContext()
    assert current() == RequestContext()


def test_outside_of_a_request_there_is_no_header() -> None:
    assert dump() is None
    assert dumped(RequestContext()) is None


def test_the_id_of_a_session_stays_here_and_its_fingerprint_is_the_same_there() -> None:
    session = "s3cr3t-session-key-of-ada"
    actor = Actor(kind="user", id="7", credential=Credential("session", session))
    header = dumped(RequestContext(actor=actor))
    assert header is not None
    assert session not in header
    with recording(fingerprint_key="k" * 32) as recorder:
        emit("account:password:change", actor=actor)
        with bind(actor=getattr(load(header), "actor", None)):
            emit("account:password:change")
    here, there = (event.actor.credential for event in recorder.events)
    assert here == there


def test_ids_of_any_class_and_long_texts_arrive_as_in_an_event() -> None:
    loose: Any = Actor(kind="user", id=UUID(int=7), name="n" * 5_000, on_behalf_of=("8", "b"))  # type: ignore[arg-type]
    read = load(dumped(RequestContext(actor=loose, user_agent="x" * 1_025, request_id="r\0")))
    with recording() as recorder, bind(actor=loose):
        emit("account:password:change")
    assert read is not None
    assert read.actor == recorder.events[0].actor


@pytest.mark.parametrize("wrong", ["ada", Actor(kind="admin"), Actor(kind="user", id=3.5), 7])  # type: ignore[arg-type]
def test_what_is_no_actor_is_reported_and_left_out(wrong: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert load(dumped(RequestContext(ip="203.0.113.9", actor=wrong))) == RequestContext(ip="203.0.113.9")
    assert "wrong call at" in caplog.text
    with recording(), pytest.raises(InvalidEvent):
        dumped(RequestContext(actor=wrong))


def test_a_request_that_cannot_be_read_is_reported_and_not_carried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong: Any = 3.5
    assert dumped(RequestContext(request_id=wrong)) is None
    assert "request_id" in caplog.text


texts = st.text(st.characters(), max_size=600)


@given(texts, texts, texts, texts, st.sampled_from(["user", "staff", "service"]))
def test_a_header_is_bounded_and_can_always_be_read(
    agent: str, request_id: str, name: str, label: str, kind: Any
) -> None:
    actor = Actor(
        kind=kind, id=name or "1", name=label, credential=Credential("api_token", label or "1", name)
    )
    header = dumped(RequestContext(user_agent=agent, request_id=request_id, actor=actor))
    assert header is not None
    assert len(header) < MAX_LENGTH / 2
    assert getattr(load(header), "actor", None) is not None


HOSTILE: list[Any] = [
    None,
    7,
    b"{}",
    {},
    [],
    "",
    "null",
    "[]",
    "{",
    "[" * 100_000,
    '{"ip": 7}',
    '{"actor": "ada"}',
    '{"actor": {"kind": "root"}}',
    '{"actor": {"kind": "user", "id": ""}}',
    '{"actor": {"kind": "user", "admin": true}}',
    json.dumps({"user_agent": "x" * MAX_LENGTH}),
    '"\ud800"',
]


@pytest.mark.parametrize("header", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_header_of_ours_is_none(header: object) -> None:
    assert load(header) is None


@given(st.text() | st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_anything_may_be_read(header: object) -> None:
    assert load(header) is None or isinstance(load(header), RequestContext)


@given(
    st.dictionaries(
        st.sampled_from([*RequestContext.__struct_fields__, "x"]), st.text(st.characters(codec="utf-8"))
    )
)
def test_whatever_a_header_says_an_event_can_be_emitted(fields: dict[str, str]) -> None:
    context = load(msgspec.json.encode(fields).decode()) or RequestContext()
    token = push(context)
    try:
        assert current() == context
        with recording() as recorder:
            emit("account:password:change")
    finally:
        pop(token)
    assert len(recorder.events) == 1


def test_the_address_of_a_request_goes_with_nobody_else_than_its_actor() -> None:
    token = push(REQUEST)
    with bind(actor=Actor("user", "7")):
        read = load(dump())
    pop(token)
    assert read == RequestContext(request_id="r1", actor=Actor("user", "7"))


@pytest.mark.parametrize("nobody", [None, ANONYMOUS])
def test_the_address_of_a_request_goes_with_nobody_else_even_if_that_is_nobody(nobody: Actor | None) -> None:
    token = push(REQUEST)
    with bind(actor=nobody):
        read = load(dump())
    pop(token)
    assert read == RequestContext(request_id="r1", actor=nobody)


def test_what_is_no_actor_in_a_bind_takes_no_address_along() -> None:
    token = push(REQUEST)
    wrong: Any = "ada"
    with bind(actor=wrong):
        read = load(dump())
    pop(token)
    assert read == RequestContext(request_id="r1")


def test_an_actor_that_is_set_in_the_block_takes_no_address_of_the_header_s() -> None:
    with entered(dumped(REQUEST)), recording() as recorder:
        set_actor(Actor("user", "7"))
        emit("account:password:change")
        passed_on = load(dump())
    event = recorder.events[0]
    assert (event.ip, event.requested_by) == (None, Requester("service", "1", "robot"))
    assert passed_on == RequestContext(request_id="r1", actor=Actor("user", "7"))


def test_an_actor_that_is_set_in_a_header_s_request_of_nobody_known_has_its_address() -> None:
    with entered(dumped(RequestContext(ip="203.0.113.9"))), recording() as recorder:
        set_actor(Actor("user", "7"))
        emit("account:password:change")
    assert recorder.events[0].ip == "203.0.113.9"


def test_a_session_that_is_called_by_its_key_leaves_the_label_here() -> None:
    session = "s3cr3t-session-key-of-ada"
    actor = Actor(kind="user", id="7", credential=Credential("session", session, session))
    header = dumped(RequestContext(actor=actor))
    assert header
    assert session not in header
