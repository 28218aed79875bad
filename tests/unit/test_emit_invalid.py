"""Mistakes in a call: each is refused with what, where and what was expected, or kept in quarantine."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.emitting import SPOOLED, Broken, Counter, an_emitter
from trailkeeper import (
    Actor,
    Emitter,
    Event,
    InvalidEvent,
    ProducerSettings,
    RequestContext,
    SettingsError,
    Subject,
    bind,
)
from trailkeeper.producer import emitter as emitter_module
from trailkeeper.producer.ids import uuid7

LATER = datetime.now(UTC) + timedelta(hours=2)


class Lost:
    """A row whose session is gone."""

    @property
    def id(self) -> str:
        raise RuntimeError("the row has no session")


MISTAKES = [
    pytest.param({"user": True}, "user", "an id", id="a boolean for an id"),
    pytest.param({"user": object()}, "user", "an id", id="an object without id"),
    pytest.param({"user": Lost()}, "user", "an id", id="an object whose id cannot be read"),
    pytest.param({"user": ("1", "a", "b")}, "user", "pair", id="three for a pair"),
    pytest.param({"user": ("1", 5)}, "user.name", "text", id="a number for a name"),
    pytest.param({"user": (None, "a")}, "user.id", "text, an integer", id="no id"),
    pytest.param({"actor": "alice"}, "actor", "trailkeeper.Actor", id="text for an actor"),
    pytest.param({"actor": Actor(kind="root")}, "actor.kind", "one of user, ", id="an unknown kind"),  # type: ignore[arg-type]  # a mistake
    pytest.param(
        {"actor": Actor(kind="user", credential="x")},  # type: ignore[arg-type]  # a mistake
        "actor.credential",
        "trailkeeper.Credential",
        id="text for a credential",
    ),
    pytest.param({"occurred_at": datetime(2026, 1, 1)}, "occurred_at", "time zone", id="a time without zone"),  # noqa: DTZ001 - the mistake
    pytest.param({"occurred_at": "2026-01-01"}, "occurred_at", "a datetime", id="text for a time"),
    pytest.param({"occurred_at": LATER}, "occurred_at", "an hour from now", id="the future"),
    pytest.param(
        {"occurred_at": datetime(1999, 12, 31, tzinfo=UTC)}, "occurred_at", "2000", id="before 2000"
    ),
    pytest.param({"request": object()}, "request", "RequestContext", id="no request"),
    pytest.param({"request": RequestContext(ip="300.1.1.1")}, "ip", "an IP address", id="no address"),
    pytest.param(
        {"request": RequestContext(user_agent=5)},  # type: ignore[arg-type]  # a mistake
        "user_agent",
        "text",
        id="a number for a user agent",
    ),
    pytest.param({"additional": ["version"]}, "additional", "a dict", id="a list for a payload"),
    pytest.param(
        {"additional": {"versoin": "1"}}, "additional.versoin", "version, files", id="a key not declared"
    ),
    pytest.param({"additional": {5: "1"}}, "additional.5", "version, files", id="a key that is a number"),
    pytest.param({"additional": {"version": 1}}, "additional.version", "text", id="a number for text"),
    pytest.param(
        {"additional": {"files": True}}, "additional.files", "integer", id="a boolean for an integer"
    ),
    pytest.param({"additional": {"files": 1.0}}, "additional.files", "integer", id="a float for an integer"),
    pytest.param({"additional": {"score": True}}, "additional.score", "number", id="a boolean for a number"),
    pytest.param({"additional": {"yanked": 1}}, "additional.yanked", "boolean", id="a number for a boolean"),
    pytest.param({"additional": {"tags": "x"}}, "additional.tags", "array", id="text for an array"),
    pytest.param({"additional": {"extra": []}}, "additional.extra", "object", id="a list for an object"),
]


def field_of(path: str) -> Callable[[str], bool]:
    return lambda found: found == path or found.startswith((f"{path}[", f"{path}.id"))


@pytest.mark.parametrize(("mistake", "field", "expected"), MISTAKES)
def test_a_mistake_is_refused_with_where_and_what_was_expected(
    mistake: dict[str, Any], field: str, expected: str
) -> None:
    emitter, recorder = an_emitter(metrics=(counter := Counter()))
    with pytest.raises(InvalidEvent) as refused:
        emitter.emit(SPOOLED, **mistake)
    assert field_of(field)(refused.value.field), str(refused.value)
    assert expected in refused.value.expected, str(refused.value)
    assert recorder.events == []
    assert counter.counted == [("trailkeeper.events", [f"tag:{SPOOLED}", "outcome:invalid"])]


@pytest.mark.parametrize(("mistake", "field", "expected"), MISTAKES)
def test_in_quarantine_no_mistake_raises_and_nothing_is_lost(
    mistake: dict[str, Any], field: str, expected: str
) -> None:
    emitter, recorder = an_emitter(metrics=(counter := Counter()), on_invalid="quarantine")
    receipt = emitter.emit(SPOOLED, **mistake)
    kept = recorder.invalid[0]
    assert receipt.outcome == "quarantined"
    assert json.loads(kept.payload)["id"] == str(receipt)
    assert json.loads(kept.payload)["tag"] == SPOOLED
    assert expected in kept.problem
    assert counter.outcomes == ["quarantined"]


def test_an_unknown_tag_is_refused_with_the_closest() -> None:
    emitter, _ = an_emitter(metrics=(counter := Counter()))
    with pytest.raises(InvalidEvent, match=r"'project:release:ad'.*such as project:release:add"):
        emitter.emit("project:release:ad")
    assert counter.counted == [("trailkeeper.events", ["tag:unknown", "outcome:invalid"])]


@pytest.mark.parametrize("tag", [None, 5, b"project:release", ["project"], "", "x" * 100_000, "a\nb"])
def test_a_tag_that_is_none_is_refused_in_one_short_line(tag: Any) -> None:
    emitter, _ = an_emitter()
    with pytest.raises(InvalidEvent) as refused:
        emitter.emit(tag)
    assert refused.value.field == "tag"
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


def test_no_payload_is_allowed_where_none_is_declared() -> None:
    emitter, _ = an_emitter()
    with pytest.raises(InvalidEvent, match="expected no keys"):
        emitter.emit("account:login:success", additional={"method": "totp"})


def test_a_dead_letter_holds_all_that_was_known() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    with bind(ip="192.0.2.1", user_agent="pip/26", actor=Actor(kind="user", id="7")):
        emitter.emit("no:such:tag", user=("7", "alice"), project=7, additional={"when": Decimal("1.5")})
    kept = json.loads(recorder.invalid[0].payload)
    assert (kept["tag"], kept["ip"], kept["user_agent"]) == ("no:such:tag", "192.0.2.1", "pip/26")
    assert (kept["user"], kept["project"]) == ({"id": "7", "name": "alice"}, {"id": "7", "name": None})
    assert kept["actor"]["id"] == "7"
    assert kept["additional"] == {"when": "1.5"}


def test_a_dead_letter_for_an_unknown_tag_can_be_replayed_once_the_tag_is_known() -> None:
    wrong, kept = an_emitter(on_invalid="quarantine")
    wrong.emit("no:such:tag", user="7", additional={"a": 1}, occurred_at=datetime(2026, 1, 2, tzinfo=UTC))
    right, recorder = an_emitter()
    right._transport.send(kept.invalid[0].payload, None, 0)
    assert recorder.events[0].user == Subject("7")
    assert recorder.events[0].occurred_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_a_huge_mistake_is_kept_up_to_a_mebibyte() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.emit(SPOOLED, additional={"version": "x" * 100_000, "wrong": 1})
    emitter.emit(SPOOLED, additional={"version": "x" * 5_000_000, "wrong": 1})
    whole, cut = (json.loads(kept.payload) for kept in recorder.invalid)
    assert whole["additional"]["version"] == "x" * 100_000
    assert "xxx" in cut["cut"]
    assert len(recorder.invalid[1].payload) < 1024 * 1024


def test_an_event_made_elsewhere_is_quarantined_under_its_own_id() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    moment = datetime(2020, 5, 17, tzinfo=UTC)
    event = Event(id=uuid7(moment), tag=SPOOLED, occurred_at=moment, ip="nowhere")
    assert emitter.send(event) == event.id
    assert json.loads(recorder.invalid[0].payload)["ip"] == "nowhere"


def test_an_event_whose_id_is_of_another_time_is_refused() -> None:
    emitter, _ = an_emitter()
    moment = datetime(2020, 5, 17, tzinfo=UTC)
    with pytest.raises(InvalidEvent, match=r"^id: .*expected a UUIDv7"):
        emitter.send(Event(id=uuid7(moment + timedelta(days=1)), tag=SPOOLED, occurred_at=moment))


def test_what_is_quarantined_during_an_outage_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken(), on_invalid="quarantine")
    with caplog.at_level(logging.ERROR, "trailkeeper"):
        receipt = emitter.emit("no:such:tag", user="7")
    assert receipt.outcome == "logged"
    line = json.loads(caplog.messages[-1].removeprefix("event_not_in_redis "))
    assert line["event"]["user"]["id"] == "7"
    assert "no:such:tag" in line["invalid"]


JSON_AND_WORSE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.just(object()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner)
    ),
)


@given(
    values=st.dictionaries(
        st.sampled_from(["user", "actor", "request", "occurred_at", "additional"]), JSON_AND_WORSE
    )
)
def test_in_quarantine_emit_never_raises_whatever_it_is_given(values: dict[str, Any]) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    receipt = emitter.emit(SPOOLED, **values)
    assert receipt.outcome in {"stream", "quarantined"}
    assert len(recorder.events) + len(recorder.invalid) == 1


def test_the_log_names_the_place_of_a_wrong_call_in_the_application(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(on_invalid="quarantine")
    receipt = emitter.emit(SPOOLED, additional={"versoin": "1\n2"})
    asyncio.run(emitter.aemit(SPOOLED, usr="1"))  # type: ignore[call-arg]  # the mistake
    for message in caplog.messages:
        assert re.match(r"wrong call of emit at \S*test_emit_invalid\.py:\d+: ", message), message
    assert "does not declare this key" in caplog.messages[0]
    assert str(receipt) in caplog.messages[0]
    assert "usr: there is no such argument; expected some of: user, project" in caplog.messages[1]


def test_an_event_for_a_connection_that_is_none_is_kept_whole() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    for _ in range(2):
        assert emitter.emit(SPOOLED, user="7", connection=object()).outcome == "quarantined"
    assert json.loads(recorder.invalid[0].payload)["user"]["id"] == "7"
    assert "connection" in recorder.invalid[0].problem


def test_a_wrong_call_is_kept_and_not_raised_unless_that_is_asked_for() -> None:
    assert ProducerSettings().on_invalid == "quarantine"


def test_what_stops_a_task_is_no_mistake_of_a_value() -> None:
    class SoftTimeLimitExceeded(Exception):  # noqa: N818 - Celery's name
        pass

    class Row:
        @property
        def id(self) -> str:
            raise SoftTimeLimitExceeded

    emitter, _ = an_emitter(on_invalid="quarantine")
    with pytest.raises(SoftTimeLimitExceeded):
        emitter.emit(SPOOLED, user=Row())


def test_a_transport_that_raises_what_it_should_not_loses_no_event(caplog: pytest.LogCaptureFixture) -> None:
    emitter, _ = an_emitter(Broken(ZeroDivisionError("a fault in it")))
    assert emitter.emit(SPOOLED, user="7").outcome == "logged"
    assert asyncio.run(emitter.aemit(SPOOLED, user="7")).outcome == "logged"


def test_a_transport_of_ones_own_says_what_keeps_its_events() -> None:
    with pytest.raises(SettingsError, match="spool="):
        Emitter(ProducerSettings(), transport=Broken())
    Emitter(ProducerSettings(), transport=Broken(), spool=None)
    Emitter(ProducerSettings(spool="off"), transport=Broken())


class FrozenTime(datetime):
    """The clock of freezegun: a subclass, which its `now` returns."""


def test_a_frozen_clock_is_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emitter_module, "datetime", FrozenTime)
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED)
    assert type(recorder.events[0].occurred_at) is datetime
