"""Events to bytes and back, and bytes that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tests.support.drains import an_event
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.event import MAX_SEQUENCE, MAX_VOIDS, Actor, ActorKind, Credential, Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import REASONS, decode, encode, unmapped

NOW = datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
IDS = TEXT.filter(bool)
NUMBERS = st.integers(1, MAX_SEQUENCE)
SUBJECTS = st.none() | st.builds(Subject, id=IDS, name=st.none() | TEXT)
CREDENTIALS = st.builds(Credential, kind=IDS, id=st.none() | IDS, label=st.none() | TEXT)
ACTORS = st.builds(
    Actor,
    kind=st.sampled_from(get_args(ActorKind)),
    id=st.none() | IDS,
    name=st.none() | TEXT,
    credential=st.none() | CREDENTIALS,
    on_behalf_of=SUBJECTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    moment = draw(st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 24), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
    return Event(
        id=uuid7(moment),
        tag=draw(st.from_regex(r"[a-z]{1,8}(:[a-z_]{1,8}){1,4}", fullmatch=True)),
        occurred_at=moment,
        user=draw(SUBJECTS),
        project=draw(SUBJECTS),
        organization=draw(SUBJECTS),
        actor=draw(ACTORS),
        ip=draw(st.none() | st.ip_addresses().map(str).map(unmapped)),
        user_agent=draw(st.none() | TEXT),
        request_id=draw(st.none() | IDS),
        additional=draw(st.dictionaries(TEXT, JSON, max_size=5)),
        producer=draw(st.sampled_from([UNSET, None]) | IDS),
        seq=draw(st.sampled_from([UNSET, None]) | NUMBERS),
        voids=draw(st.sampled_from([UNSET, None]) | st.lists(NUMBERS, max_size=4)),
    )


@given(events())
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode(encode(event), now=NOW) == (event, None)


@given(events())
def test_any_language_can_read_it(event: Event) -> None:
    found = json.loads(encode(event))
    assert (found["v"], found["id"], found["tag"]) == (1, str(event.id), event.tag)
    assert datetime.fromisoformat(found["occurred_at"]) == event.occurred_at
    assert found["additional"] == event.additional


@given(st.binary(max_size=300))
def test_bytes_that_are_no_event_raise_nothing_but_invalid_message(raw: bytes) -> None:
    with pytest.raises(InvalidMessage) as refused:
        decode(raw, now=NOW)
    assert refused.value.reason in REASONS


@given(events(), st.data())
def test_bytes_altered_on_the_way_raise_nothing_but_invalid_message(
    event: Event, data: st.DataObject
) -> None:
    raw = bytearray(encode(event))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert reason(bytes(raw)) in {None, *REASONS}


@given(st.dictionaries(st.sampled_from(Event.__struct_fields__), JSON))
def test_objects_of_any_shape_raise_nothing_but_invalid_message(found: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage) as refused:
        decode(json.dumps(found).encode(), now=NOW)
    assert refused.value.reason in REASONS


@given(events())
def test_keys_of_a_newer_producer_are_kept_apart(event: Event) -> None:
    found = msgspec.json.decode(encode(event))
    found |= {"shard": 7, "user": {"id": "7", "locale": "fr"}}
    known, unknown = decode(msgspec.json.encode(found), now=NOW)
    assert known == msgspec.structs.replace(event, user=Subject("7"))
    assert unknown == {"shard": 7, "user": {"locale": "fr"}}


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(59, None, id="a clock 59 minutes ahead"),
        pytest.param(61, "bad_time", id="a clock 61 minutes ahead"),
    ],
)
def test_a_clock_may_be_ahead_by_an_hour(minutes: int, expected: str | None) -> None:
    moment = NOW + timedelta(minutes=minutes)
    assert reason(encode(Event(id=uuid7(moment), tag="a:b", occurred_at=moment))) == expected


def test_an_event_without_numbers_says_nothing_of_them() -> None:
    assert {"producer", "seq", "voids"} & set(json.loads(encode(an_event()))) == set()


@pytest.mark.parametrize(
    "numbers",
    [
        {"producer": "x" * 65, "seq": 1},
        {"producer": "", "seq": 1},
        {"producer": "web:1", "seq": 0},
        {"producer": "web:1", "seq": MAX_SEQUENCE + 1},
        {"producer": "web:1", "seq": "1"},
        {"producer": "web:1", "seq": 2, "voids": [0]},
        {"producer": "web:1", "seq": 2, "voids": [1] * (MAX_VOIDS + 1)},
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers: dict[str, Any]) -> None:
    raw = json.dumps(json.loads(encode(an_event())) | numbers).encode()
    with pytest.raises(InvalidMessage) as refused:
        decode(raw)
    assert refused.value.reason == "wrong_shape"


def reason(raw: bytes) -> str | None:
    """Why bytes are no event; None if they are one."""
    try:
        decode(raw, now=NOW)
    except InvalidMessage as refused:
        return refused.reason
    return None


def test_a_leap_second_is_sent_as_the_last_microsecond_before_it() -> None:
    last = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    event = Event(id=uuid7(last), tag="account:login:success", occurred_at=last)
    assert decode(encode(event))[0].occurred_at == last
    with pytest.raises(InvalidMessage):
        decode(encode(event).replace(b"23:59:59.999999", b"23:59:60"))
