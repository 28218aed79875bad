"""Event lines: what a file of them may look like, and which ids its events get."""

from __future__ import annotations

import io
import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.emitting import SPOOLED, an_emitter
from trailkeeper import RequestContext
from trailkeeper.producer.event import (
    ANONYMOUS,
    MAX_BYTES,
    MAX_USER_AGENT,
    Actor,
    Credential,
    Event,
    Requester,
    Subject,
)
from trailkeeper.producer.ids import moment_of, uuid7
from trailkeeper.producer.lines import MAX_LINE, EventLine, read_lines
from trailkeeper.producer.validation import id_of
from trailkeeper.producer.validation.text import cut, harmless
from trailkeeper.producer.wire import REASONS, decode, encode

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOGIN = (
    b'{"tag": "account:login:success", "occurred_at": "2017-03-27T13:08:09Z", "user": "ubuntu",'
    b' "ip": "85.245.107.41", "additional": {"method": "publickey"}}\n'
)


def read(*lines: bytes) -> list[EventLine]:
    return list(read_lines(lines, now=NOW))


def read_one(**keys: Any) -> EventLine:
    (line,) = read(msgspec.json.encode({"tag": "a:b", "occurred_at": "2017-03-27T13:08:09Z", **keys}))
    return line


def event_of(line: EventLine) -> Event:
    assert line.error is None
    assert line.event is not None
    return line.event


def reason_of(line: EventLine) -> str:
    assert line.event is None
    assert line.error is not None
    return line.error.reason


def ids(lines: list[EventLine]) -> list[str]:
    return [str(event_of(line).id) for line in lines]


def test_a_short_line_is_a_whole_event() -> None:
    (line,) = read(LOGIN)
    event = event_of(line)
    moment = datetime(2017, 3, 27, 13, 8, 9, tzinfo=UTC)
    assert event == Event(
        id=event.id,
        tag="account:login:success",
        occurred_at=moment,
        user=Subject("ubuntu"),
        actor=ANONYMOUS,
        ip="85.245.107.41",
        additional={"method": "publickey"},
    )
    assert (event.id.version, moment_of(event.id)) == (7, moment)


def test_subjects_may_be_only_their_ids() -> None:
    actor = {"kind": "service", "on_behalf_of": "u"}
    event = event_of(read_one(user="u", project="p", organization={"id": "o", "name": "O"}, actor=actor))
    assert (event.user, event.project, event.organization) == (Subject("u"), Subject("p"), Subject("o", "O"))
    assert event.actor == Actor(kind="service", on_behalf_of=Subject("u"))


def test_a_full_line_keeps_its_id_and_its_unknown_keys() -> None:
    event = Event(id=uuid7(NOW), tag="a:b", occurred_at=NOW, user=Subject("u", "U"), additional={"n": 1.5})
    (line,) = read(encode(event)[:-1] + b',"later":[1]}')
    assert (line.event, line.unknown) == (event, {"later": [1]})


def test_null_stands_for_an_id_and_an_actor_that_are_missing() -> None:
    assert event_of(read_one(id=None, actor=None)) == event_of(read_one())


def test_a_time_of_another_zone_is_the_same_time() -> None:
    assert event_of(read_one(occurred_at="2017-03-27T15:08:09+02:00")) == event_of(read_one())


def test_reading_twice_gives_the_same_ids_and_identical_lines_stay_apart() -> None:
    file = [LOGIN, LOGIN.replace(b"ubuntu", b"root"), LOGIN, LOGIN]
    first = ids(read(*file))
    assert ids(read(*file)) == first
    assert len(set(first)) == 4


def test_a_longer_file_gives_the_lines_it_shares_the_same_ids() -> None:
    assert ids(read(LOGIN, LOGIN, LOGIN))[:2] == ids(read(LOGIN, LOGIN))


def test_a_line_that_says_the_same_in_another_way_is_identical() -> None:
    other = (
        b'{"additional":{"method":"publickey"},"user":{"name":null,"id":"ubuntu"},"v":1,'
        b'"ip":"85.245.107.41","occurred_at":"2017-03-27T13:08:09.000Z","tag":"account:login:success"}'
    )
    assert ids(read(other)) == ids(read(LOGIN))
    assert ids(read(LOGIN, other)) == ids(read(LOGIN, LOGIN))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=5).filter(lambda t: "\0" not in t),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


def shuffled(value: Any, draw: st.DataObject) -> Any:
    if not isinstance(value, dict):
        return value
    keys = draw.draw(st.permutations(list(value)))
    return {key: shuffled(value[key], draw) for key in keys}


@given(st.dictionaries(st.sampled_from(["x", "y", "z"]), json_values), st.data())
def test_the_order_of_keys_changes_no_id(additional: dict[str, Any], data: st.DataObject) -> None:
    whole = {"tag": "a:b", "occurred_at": "2017-03-27T13:08:09Z", "user": {"id": "u", "name": "U"}}
    whole["additional"] = additional
    one = read(msgspec.json.encode(whole))
    other = read(msgspec.json.encode(shuffled(whole, data)))
    assert ids(one) == ids(other)


@given(st.lists(st.sampled_from([LOGIN, LOGIN.replace(b"ubuntu", b"root"), b"\n"]), max_size=12))
def test_every_line_of_a_file_has_an_id_of_its_own(file: list[bytes]) -> None:
    found = ids(read(*file))
    assert len(set(found)) == len(found) == len([line for line in file if line != b"\n"])


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@example(b"{" * 50_000)
@example(b'{"additional":' * 3_000 + b"1" + b"}" * 3_000)
@example(b'{"tag":"a:b","occurred_at":"2017-03-27T13:08:09Z","additional":{"n":1e999}}')
@example(b'{"tag":"a:b","occurred_at":"0001-01-01T00:00:00+14:00"}')
@example(b'{"tag":"a:b","occurred_at":"9999-12-31T23:59:59-14:00"}')
@example(b'{"tag":"a:b","occurred_at":"2017-03-27T13:08:09Z","additional":{"n":1' + b"0" * 400 + b"}}")
def test_no_bytes_whatever_raise(raw: bytes) -> None:
    for line in read(raw):
        assert (line.event is None) != (line.error is None)
        assert line.error is None or line.error.reason in REASONS


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"occurred_at": None}, "wrong_shape", id="no time"),
        pytest.param({"occurred_at": "2017-03-27T13:08:09"}, "wrong_shape", id="a time without zone"),
        pytest.param({"occurred_at": 1490620089}, "wrong_shape", id="a time as a number"),
        pytest.param({"occurred_at": "1969-01-01T00:00:00Z"}, "bad_time", id="before there were ids"),
        pytest.param({"occurred_at": "2027-01-01T00:00:00Z"}, "bad_time", id="in the future"),
        pytest.param({"id": "8c5b8b52-6a0a-4d5c-9d0a-1d2f3a4b5c6d"}, "bad_id", id="an id of another version"),
        pytest.param({"id": 7}, "wrong_shape", id="an id that is a number"),
        pytest.param({"tag": "a" * 129}, "wrong_shape", id="a tag that is too long"),
        pytest.param({"user": 7.5}, "wrong_shape", id="a subject that is no whole number"),
        pytest.param({"user": True}, "wrong_shape", id="a subject that is a truth"),
        pytest.param({"user": {"name": "x"}}, "wrong_shape", id="a subject without an id"),
        pytest.param({"actor": "root"}, "wrong_shape", id="an actor that is a word"),
        pytest.param({"ip": "256.1.1.1"}, "bad_address", id="no address"),
        pytest.param({"later": "b\0"}, "bad_text", id="a NUL in an unknown key"),
        pytest.param({"later": "b" * 70_000}, "too_large", id="more than an event holds"),
        pytest.param({"v": 2}, "unknown_version", id="a later version"),
    ],
)
def test_a_bad_line_is_an_error_with_its_reason(keys: dict[str, Any], expected: str) -> None:
    assert reason_of(read_one(**keys)) == expected


def test_the_message_names_the_time_that_is_missing() -> None:
    (line,) = read(b'{"tag": "a:b"}')
    assert str(line.error) == "wrong_shape: Expected `datetime`, got `null` - at `$.occurred_at`"


def test_a_bad_line_stops_nothing_and_lines_are_counted_as_an_editor_does() -> None:
    lines = read(b"\xef\xbb\xbf" + LOGIN, b"\r\n", b"   \n", b"{nonsense\r\n", LOGIN.replace(b"\n", b"\r\n"))
    assert [(line.number, line.error is None) for line in lines] == [(1, True), (4, False), (5, True)]
    assert lines[1].raw == b"{nonsense"
    assert ids([lines[0], lines[2]]) == ids(read(LOGIN, LOGIN))


def test_a_mark_of_byte_order_counts_only_at_the_beginning() -> None:
    assert [line.error is None for line in read(LOGIN, b"\xef\xbb\xbf" + LOGIN)] == [True, False]


def test_a_long_user_agent_is_cut_visibly() -> None:
    found = event_of(read_one(user_agent="x" * 3000)).user_agent
    assert found is not None
    assert found == harmless("x" * 3000)
    assert len(found) == MAX_USER_AGENT
    assert found.endswith("x…[cut]")


LONG = "x" * 300


@pytest.mark.parametrize(
    ("keys", "stored"),
    [
        ({"user": "", "project": {"id": ""}}, {"user": None, "project": None}),
        ({"user": {"id": "", "name": "alice"}}, {"user": Subject("[empty]", "alice")}),
        ({"user": LONG}, {"user": Subject(id_of("user", LONG))}),
        ({"user": {"id": "a\0b", "name": f"\0{LONG}"}}, {"user": Subject("a�b", cut(f"�{LONG}", 255))}),
        (
            {"actor": {"kind": "user", "id": "", "name": LONG, "on_behalf_of": ""}},
            {"actor": Actor("user", name=cut(LONG, 255))},
        ),
        (
            {"actor": {"kind": "user", "id": LONG, "on_behalf_of": LONG}},
            {"actor": Actor("user", id_of("id", LONG), on_behalf_of=Subject(id_of("id", LONG)))},
        ),
        (
            {"actor": {"kind": "user", "credential": {"kind": "api_token", "id": "", "label": LONG}}},
            {"actor": Actor("user", credential=Credential("api_token", label=cut(LONG, 255)))},
        ),
        ({"requested_by": {"kind": "user", "id": ""}}, {"requested_by": Requester("user")}),
        (
            {"user": 42, "project": {"id": 42, "name": "x"}},
            {"user": Subject("42"), "project": Subject("42", "x")},
        ),
        (
            {
                "actor": {
                    "kind": "user",
                    "id": 1,
                    "on_behalf_of": 2,
                    "credential": {"kind": "api_token", "id": 3},
                }
            },
            {"actor": Actor("user", "1", None, Credential("api_token", "3"), Subject("2"))},
        ),
        (
            {"actor": {"kind": "user", "credential": {"kind": "session", "id_is_public": None}}},
            {"actor": Actor("user", credential=Credential("session"))},
        ),
        ({"request_id": 12}, {"request_id": "12"}),
        ({"request_id": ""}, {"request_id": None}),
        ({"request_id": LONG}, {"request_id": cut(LONG, 255)}),
        ({"additional": None}, {"additional": {}}),
        ({"additional": {"a\0": ["b\0"]}}, {"additional": {"a�": ["b�"]}}),
        ({"ip": "-"}, {"ip": None}),
        ({"ip": " Unknown"}, {"ip": None}),
    ],
)
def test_what_emit_forgives_loses_no_line(keys: dict[str, Any], stored: dict[str, Any]) -> None:
    event = event_of(read_one(**keys))
    assert {name: getattr(event, name) for name in stored} == stored


HALF = "party \ud83d"
"""An emoji cut in two, as JavaScript's substring does."""

AS_PYTHON_WRITES = [
    ({"user": HALF}, {"user": Subject("party �")}),
    (
        {"user": {"id": HALF, "name": f"{HALF} \U0001f389"}},
        {"user": Subject("party �", "party � \U0001f389")},
    ),
    ({"actor": {"kind": "user", "name": HALF}}, {"actor": Actor("user", name="party �")}),
    ({"user_agent": HALF, "request_id": HALF}, {"user_agent": "party �", "request_id": "party �"}),
    (
        {"additional": {HALF: [HALF, {"a\\ud83d": 1}]}},
        {"additional": {"party �": ["party �", {"a\\ud83d": 1}]}},
    ),
    ({"additional": {"a": [math.nan, -math.inf]}}, {"additional": {"a": ["NaN", "-Infinity"]}}),
]


@pytest.mark.parametrize(("keys", "stored"), AS_PYTHON_WRITES)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_nor_does_what_python_writes_of_what_emit_forgives(
    keys: dict[str, Any], stored: dict[str, Any], is_ascii: bool
) -> None:
    text = json.dumps({"tag": "a:b", "occurred_at": "2017-03-27T13:08:09Z", **keys}, ensure_ascii=is_ascii)
    (line,) = read(text.encode("utf-8", "surrogatepass"))
    event = event_of(line)
    assert {name: getattr(event, name) for name in stored} == stored
    assert decode(encode(event), now=NOW)[0] == event


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 5_000])
def test_nor_does_a_number_that_no_double_can_hold(number: str) -> None:
    (line,) = read(LOGIN.replace(b'"publickey"', number.encode()))
    assert event_of(line).additional["method"] in {
        "Infinity",
        "-Infinity",
        "…[cut] a number of about 5,000 digits",
    }


@pytest.mark.parametrize(
    "payload", [{"reason": "x" * 100_000}, {"list": list(range(30_000))}, {"deep": [{"a": "é" * 50}] * 1_000}]
)
@pytest.mark.parametrize(
    "more", [{}, {"id": "015b0fe1-82a8-7000-b2fb-f6ce92a10293"}, {"later": "x" * 20_000}]
)
def test_a_payload_that_is_too_large_is_cut_as_by_emit(payload: dict[str, Any], more: dict[str, Any]) -> None:
    line = read_one(additional=payload, **more)
    event = event_of(line)
    assert "…[cut]" in str(event.additional)
    assert list(event.additional) == list(payload)
    whole = encode(event) + (encode(line.unknown) if line.unknown else b"")
    assert MAX_BYTES - 4_000 < len(whole) <= MAX_BYTES


@given(
    user=st.text(st.characters()) | st.integers() | st.none(),
    name=st.text(st.characters()),
    request_id=st.text(st.characters()) | st.integers() | st.none(),
    additional=st.dictionaries(
        st.sampled_from(["version", "extra"]),
        st.none() | st.text(st.characters()),
    ),
    extra=st.dictionaries(st.text(st.characters()), st.text(st.characters()) | st.floats() | st.integers()),
)
@settings(max_examples=200, deadline=None)
def test_what_emit_stores_an_import_stores(
    user: Any, name: str, request_id: Any, additional: dict[str, Any], extra: dict[str, Any]
) -> None:
    emitter, recorder = an_emitter()
    payload = {"version": additional.get("version"), "extra": extra}
    context = RequestContext(request_id=request_id)
    subject = user if user is None else (user, name)
    emitter.emit(SPOOLED, user=subject, project=user, additional=payload, request=context)
    fields = {
        "tag": SPOOLED,
        "occurred_at": "2017-03-27T13:08:09Z",
        "user": user if user is None else {"id": user, "name": name},
        "project": user,
        "request_id": request_id,
        "additional": payload,
    }
    (line,) = read(json.dumps(fields).encode())
    emitted, imported = recorder.events[0], event_of(line)
    assert (imported.user is None, imported.project is None) == (
        emitted.user is None,
        emitted.project is None,
    )
    assert len(imported.additional["extra"]) == len(emitted.additional["extra"])
    decode(encode(imported), now=NOW)


class Watched(io.BytesIO):
    """A file that refuses to be read in one piece."""

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 < size <= MAX_LINE + 2
        return super().readline(size)


def test_an_endless_line_is_an_error_and_never_held_whole() -> None:
    file = Watched(LOGIN + b"x" * (5 * MAX_LINE) + b"\n" + LOGIN)
    lines = list(read_lines(file, now=NOW))
    assert [line.number for line in lines] == [1, 2, 3]
    assert reason_of(lines[1]) == "too_large"
    assert len(lines[1].raw) == MAX_LINE
    assert ids([lines[0], lines[2]]) == ids(read(LOGIN, LOGIN))


def test_a_line_just_within_the_limit_is_read_and_needs_no_end() -> None:
    padded = LOGIN.strip().ljust(MAX_LINE)
    assert ids(list(read_lines(Watched(padded + b"\r\n" + padded)))) == ids(read(LOGIN, LOGIN))
