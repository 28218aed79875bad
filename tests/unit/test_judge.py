"""Which messages are events, and why the others are not."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.judging import a_judge
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.event import Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import REASONS, encode
from trailkeeper.worker.ingest.fates import MachineExhausted
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage, Rejected

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
CATALOGUE = Catalogue(
    [EventType(tag="account:login:success", scope="user", sentence="{actor} in", aliases=("login",))]
)


judge = a_judge(CATALOGUE).judge


def message(payload: bytes | None, problem: bytes | None = None) -> IncomingMessage:
    fields = {b"e": payload} if payload is not None else {b"other": b"x"}
    return IncomingMessage("1-0", payload, problem, fields)


def altered(**changes: Any) -> bytes:
    """An event's bytes with some keys replaced by what is given."""
    event = Event(id=uuid7(NOW), tag="account:login:success", occurred_at=NOW)
    return msgspec.json.encode({**msgspec.json.decode(encode(event)), **changes})


def reason(payload: bytes | None, problem: bytes | None = None) -> str:
    verdict = judge(message(payload, problem), NOW)
    return verdict.reason if isinstance(verdict, Rejected) else "accepted"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(altered(), "accepted", id="a good event"),
        pytest.param(altered(from_the_future=[1]), "accepted", id="a key of a newer producer"),
        pytest.param(None, "no_event", id="no field e"),
        pytest.param(b"", "not_json", id="nothing"),
        pytest.param(b"{", "not_json", id="half an object"),
        pytest.param(b"\xff\xfe{}", "not_json", id="not UTF-8"),
        pytest.param(altered().replace(b"success", b"succ\xe9ss"), "not_json", id="Latin-1 within"),
        pytest.param(
            altered(request_id="a b").replace(b"a b", b"a\tb"), "not_json", id="a bare tab in a text"
        ),
        pytest.param(altered(request_id="a b").replace(b"a b", b"a\nb"), "not_json", id="a bare line end"),
        pytest.param(b'{"additional": ' + b"[" * 50_000, "not_json", id="a tower of brackets"),
        pytest.param(
            altered(additional={"a": "\0deep"}).replace(
                b'"\\u0000deep"', b"[" * 900 + b'"\\u0000"' + b"]" * 900
            ),
            "wrong_shape",
            id="a tower that is read but cannot be looked into",
        ),
        pytest.param(b"[]", "wrong_shape", id="not an object"),
        pytest.param(b"{}", "wrong_shape", id="an empty object"),
        pytest.param(altered(v=2), "unknown_version", id="a later major version"),
        pytest.param(altered(v="1"), "unknown_version", id="a version that is no number"),
        pytest.param(altered(user="u"), "wrong_shape", id="a subject that is no object"),
        pytest.param(altered(user={"id": 7}), "wrong_shape", id="an id that is a number"),
        pytest.param(altered(user={"id": "u" * 256}), "wrong_shape", id="an id of 256 characters"),
        pytest.param(altered(user={"id": ""}), "wrong_shape", id="an empty id"),
        pytest.param(altered(actor={"kind": "god"}), "wrong_shape", id="an actor of an unknown kind"),
        pytest.param(altered(additional=[]), "wrong_shape", id="additional that is no object"),
        pytest.param(altered(tag="Account:Login"), "unknown_tag", id="a tag against the grammar"),
        pytest.param(altered(tag="no:such:tag"), "unknown_tag", id="a tag no catalogue knows"),
        pytest.param(altered(id="not-a-uuid"), "wrong_shape", id="an id that is no UUID"),
        pytest.param(altered(id="c3f0a2a4-6f3a-4e0a-9b43-0d2f0f8a4a11"), "bad_id", id="a random UUID"),
        pytest.param(
            altered(id=str(uuid7(NOW - timedelta(seconds=5)))), "bad_id", id="an id of another time"
        ),
        pytest.param(
            altered(id="ffffffff-ffff-7fff-bfff-ffffffffffff"), "bad_id", id="an id past the year 9999"
        ),
        pytest.param(altered(occurred_at="2026-11-24T12:00:00"), "wrong_shape", id="a time without a zone"),
        pytest.param(altered(occurred_at="1999-12-31T23:59:59Z"), "bad_time", id="a time before 2000"),
        pytest.param(altered(occurred_at="2026-11-24T14:00:00Z"), "bad_time", id="a time in the future"),
        pytest.param(altered(ip="999.1.1.1"), "bad_address", id="no address"),
        pytest.param(altered(ip="fe80::1%eth0"), "bad_address", id="an address with a zone"),
        pytest.param(altered(user={"id": "a\0b"}), "bad_text", id="NUL in an id"),
        pytest.param(altered(additional={"a": [{"b\0": 1}]}), "bad_text", id="NUL deep in additional"),
        pytest.param(
            altered(additional={"a": "\\u0000"}), "accepted", id="a backslash that only looks like NUL"
        ),
        pytest.param(altered(user_agent="x" * 1025), "wrong_shape", id="a user agent nobody cut"),
        pytest.param(altered(additional={"a": "x" * 65_536}), "too_large", id="more than 64 KiB"),
    ],
)
def test_each_kind_of_poison_is_rejected_with_its_reason(payload: bytes | None, expected: str) -> None:
    assert reason(payload) == expected


def test_what_a_producer_quarantined_is_a_dead_letter_with_its_problem() -> None:
    verdict = judge(message(altered(), b'{"problem":"tag: unknown"}'), NOW)

    assert isinstance(verdict, Rejected)
    assert (verdict.reason, verdict.detail) == ("quarantined", '{"problem":"tag: unknown"}')


def test_keys_of_a_newer_producer_are_kept_wherever_they_are() -> None:
    verdict = judge(message(altered(shoe=42, actor={"kind": "user", "mood": "good"})), NOW)

    assert isinstance(verdict, Accepted)
    assert verdict.extras == {"shoe": 42, "actor": {"mood": "good"}}
    assert verdict.event.actor.kind == "user"


def test_who_else_acted_in_the_request_is_kept_beside_the_event_without_secrets() -> None:
    requester = {"kind": "staff", "id": "s1", "name": "ghp_" + "a1B2" * 9, "shoe": 42}
    verdict = judge(message(altered(requested_by=requester)), NOW)

    assert isinstance(verdict, Accepted)
    assert verdict.extras == {"requested_by": {"kind": "staff", "id": "s1", "name": "[secret removed]"}}


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise(payload: bytes) -> None:
    assert reason(payload) in REASONS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


@given(key=st.sampled_from(Event.__struct_fields__), value=json_values)
def test_no_value_in_any_field_raises(key: str, value: object) -> None:
    payload = msgspec.json.encode({**msgspec.json.decode(altered()), key: value})

    assert reason(payload) in {*REASONS, "accepted"}


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EMFILE, "files"), OSError(errno.ENFILE, "")])
def test_what_the_machine_is_short_of_is_no_fault_of_a_message(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trailkeeper.worker.ingest.judge.decode", Mock(side_effect=error))
    with pytest.raises(MachineExhausted, match="short of something"):
        judge(message(altered()), NOW)
