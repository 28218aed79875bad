"""Of a wrong call is kept what its event would say of who acted and whose the origin is."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.emitting import SPOOLED, an_emitter
from trailkeeper import Actor, Event, RequestContext, Subject, bind
from trailkeeper.producer.event import Credential

ACTORS = [
    None,
    Actor("user", "u-v", name="Victor"),
    Actor("user", "u-v", credential=Credential("session", "abcsession123")),
    Actor("staff", "s1"),
    Actor("service", "ci", on_behalf_of=Subject("u-v")),
    Actor("system"),
    Actor("anonymous", name="Nobody"),
    Actor("user", 7),  # type: ignore[arg-type]  # any id will do
    Actor("user", UUID(int=7)),  # type: ignore[arg-type]
    Actor("user", "u" * 300),
    Actor("service", "ci", on_behalf_of="u"),  # type: ignore[arg-type]  # any form of a subject
    Actor("service", "ci", on_behalf_of=7),  # type: ignore[arg-type]
    Actor("service", "ci", on_behalf_of=("u" * 300, "n")),  # type: ignore[arg-type]
]
ACTS = ("actor", "ip", "user_agent", "request_id", "requested_by", "user")


@given(
    actor=st.sampled_from(ACTORS),
    maker=st.sampled_from(ACTORS),
    origin=st.sampled_from([None, "request"]),
    how=st.sampled_from(["running", "handed over"]),
    wrong=st.sampled_from([{"tag": "no:such"}, {"additional": {"undeclared": 1}}, {"occurred_at": "now"}]),
)
def test_who_acted_and_whose_the_origin_is_is_kept_as_in_an_event(
    actor: Actor | None, maker: Actor | None, origin: Any, how: str, wrong: dict[str, Any]
) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    stated: dict[str, Any] = {"ip": "203.0.113.9", "user_agent": "Browser/1", "request_id": "r1"}
    call: dict[str, Any] = {"user": 7, "actor": actor, "origin": origin}
    if how == "handed over":
        call["request"] = RequestContext(**stated, actor=maker)
    with bind(**stated, actor=maker):
        emitter.emit(SPOOLED, **call)
        emitter.emit(wrong.get("tag", SPOOLED), **call | {k: v for k, v in wrong.items() if k != "tag"})
    expected, kept = said_by_event(recorder.events[0]), json.loads(recorder.invalid[0].payload)
    assert {name: kept.get(name) for name in ACTS} == {name: expected.get(name) for name in ACTS}
    assert ("requested_by" in kept) == ("requested_by" in expected)


def said_by_event(event: Event) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(event)
    return made


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"actor": "u-v"}, id="an actor that is none"),
        pytest.param({"actor": Actor("user", "u-v", credential="x")}, id="a wrong credential"),  # type: ignore[arg-type]
        pytest.param({"actor": Actor("system"), "origin": "browser"}, id="a wrong origin"),
        pytest.param({"actor": Actor("user", "u-v"), "request": object()}, id="no request"),
    ],
)
def test_where_it_cannot_be_understood_who_acted_the_origin_is_nobodys(wrong: dict[str, Any]) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    with bind(ip="203.0.113.9", user_agent="Browser/1", actor=Actor("staff", "s1")):
        emitter.emit(SPOOLED, user="u-v", **wrong)
    kept = json.loads(recorder.invalid[0].payload)
    assert (kept.get("ip"), kept.get("user_agent"), kept["user"]["id"]) == (None, None, "u-v")


@pytest.mark.parametrize("actor", ACTORS)
def test_an_event_that_its_producer_did_not_know_can_be_replayed_whoever_acted(actor: Actor | None) -> None:
    wrong, kept = an_emitter(on_invalid="quarantine")
    wrong.emit("no:such:tag", user="u-v", actor=actor)
    right, recorder = an_emitter()
    right.emit(SPOOLED, user="u-v", actor=actor)
    right._transport.send(kept.invalid[0].payload, None, 0)
    event, replayed = recorder.events
    assert replayed.actor == event.actor
