"""A dead letter without one user's data, whatever it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.catalogue import load
from trailkeeper.worker.retention.erasing.message import without
from trailkeeper.worker.retention.erasing.person import Person
from trailkeeper.worker.retention.message import subjects
from trailkeeper.worker.retention.personal import PersonalKeys

KEYS = PersonalKeys(load())
ANN = Person("u1")
SECRET = "zqxsecret"
IDS = st.sampled_from(["u1", "u2", "p1", 1, None])
names = st.sampled_from([SECRET, None])
subject = st.none() | IDS | st.fixed_dictionaries({"id": IDS}, optional={"name": names})
credential = st.fixed_dictionaries({"kind": st.just("api_token")}, optional={"label": names})
actor = st.none() | st.fixed_dictionaries(
    {"kind": st.just("user"), "id": IDS},
    optional={"name": names, "credential": credential, "on_behalf_of": subject},
)
anything = st.recursive(
    st.none() | st.integers() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just(SECRET), inner, max_size=1),
    max_leaves=4,
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(1),
        "tag": st.sampled_from(["account:email:add", "no:such", 7]),
        "user": subject,
        "actor": actor,
        "ip": names,
        "user_agent": names,
        "additional": st.fixed_dictionaries({}, optional={"email": names, "odd": anything}) | anything,
        "unknown": anything,
    },
)


def encoded(message: Any, *, quarantined: bool) -> bytes:
    raw = json.dumps(message).encode()
    return b'e=%b\ninvalid={"problem":"%b"}\n' % (raw, SECRET.encode()) if quarantined else raw


@given(message=messages, quarantined=st.booleans())
def test_where_the_user_acted_alone_nothing_personal_is_left(
    message: dict[str, Any], quarantined: bool
) -> None:
    alone = {"kind": "user", "id": "u1", "name": SECRET, "credential": {"kind": "s", "label": SECRET}}
    raw = encoded(message | {"user": {"id": "u1", "name": SECRET}, "actor": alone}, quarantined=quarantined)

    left = without(raw, ANN, KEYS)

    assert left is not None
    assert SECRET.encode() not in left
    assert subjects(left)["user"] == subjects(left)["actor"] == "u1"


@given(message=messages, quarantined=st.booleans())
def test_what_was_erased_once_is_left_alone_the_second_time(
    message: dict[str, Any], quarantined: bool
) -> None:
    left = without(encoded(message, quarantined=quarantined), ANN, KEYS)
    assert left is None or without(left, ANN, KEYS) is None


@given(message=messages, quarantined=st.booleans())
def test_a_message_that_does_not_name_the_user_is_left_alone(
    message: dict[str, Any], quarantined: bool
) -> None:
    if message:
        assert without(encoded(message, quarantined=quarantined), Person("stranger"), KEYS) is None


@given(raw=st.binary())
def test_bytes_of_any_kind_are_emptied_or_left_alone(raw: bytes) -> None:
    assert without(raw, ANN, KEYS) in (None, b"")


def test_an_id_within_a_longer_word_is_another_one() -> None:
    assert without(b"not json: u11, xu1, u1-a", ANN, KEYS) is None
    assert without(b"not json: (u1)", ANN, KEYS) == b""


def test_an_erased_message_keeps_the_number_by_which_it_is_counted() -> None:
    numbered = {"user": {"id": "u1", "name": SECRET}, "producer": "web-1:7:ab", "seq": 7, "voids": [6]}
    left = without(json.dumps(numbered).encode(), ANN, KEYS)
    assert json.loads(left or b"") == numbered | {"user": {"id": "u1", "name": None}}


OTHERS_ORIGIN = {"ip": "198.51.100.9", "user_agent": "twine"}
TOKEN = {"kind": "api_token", "id": "t1", "label": "bob's"}


@pytest.mark.parametrize(
    "actor",
    [
        {"kind": "service", "id": "ci", "name": "CI of bob", "on_behalf_of": {"id": "u2", "name": "bob"}},
        {"kind": "user", "id": "u2", "name": "bob", "on_behalf_of": {"id": "u1"}},
        {"kind": "staff", "id": "u1", "name": "Sam", "on_behalf_of": {"id": "u1"}},
    ],
)
def test_who_acted_keeps_origin_and_credential_in_a_message_too(actor: dict[str, Any]) -> None:
    about = {"tag": "account:logout", "user": {"id": "u1", "name": None}, **OTHERS_ORIGIN}
    staff = {"kind": "staff", "id": "s1", "name": "Sam"}
    message = {**about, "actor": {**actor, "credential": TOKEN}, "requested_by": staff}
    assert without(json.dumps(message).encode(), ANN, KEYS) is None


@pytest.mark.parametrize(
    ("requester", "stays"),
    [
        ({"kind": "staff", "id": "7", "name": "Sam"}, True),
        ({"kind": "service", "id": "7"}, True),
        ({"kind": "user", "id": "8", "name": "agent 7"}, True),
        ({"kind": "user", "id": "7", "name": "ann"}, False),
        ({"id": "7"}, False),
    ],
)
@pytest.mark.parametrize("key", ["requested_by", "approved_by"])
def test_in_a_message_of_others_an_id_counts_with_its_kind(
    requester: dict[str, Any], key: str, *, stays: bool
) -> None:
    message = {"tag": "account:logout", "user": {"id": "9"}, "actor": {"kind": "system"}}
    left = without(json.dumps({**message, key: requester}).encode(), Person("7"), KEYS)
    assert (left is None) if stays else json.loads(left or b"") == message
    listed = without(json.dumps({**message, "seen_by": [requester]}).encode(), Person("7"), KEYS)
    assert (listed is None) if stays else json.loads(listed or b"") == message


def test_a_field_that_tells_of_the_user_takes_no_requester_along() -> None:
    message = {"tag": "account:logout", "user": {"id": "9"}, "requested_by": {"kind": "staff", "id": "s1"}}
    left = without(json.dumps({**message, "owner": "7"}).encode(), Person("7"), KEYS)
    assert json.loads(left or b"") == message


def test_what_calls_itself_anothers_in_place_of_the_user_keeps_no_name() -> None:
    user = {"kind": "staff", "id": "u1", "name": SECRET}
    left = without(json.dumps({"user": user}).encode(), ANN, KEYS)
    assert json.loads(left or b"") == {"user": {"id": "u1", "name": None}}
