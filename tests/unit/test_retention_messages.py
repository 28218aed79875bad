"""A dead letter without one user's data, whatever it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.tables import Hold
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.validation import id_of
from trailkeeper.worker.retention.erasing.message import may_tell, without
from trailkeeper.worker.retention.erasing.person import Person
from trailkeeper.worker.retention.held_messages import holding
from trailkeeper.worker.retention.message import event_of, mapping, subjects_of
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
    named = subjects_of(mapping(event_of(left)))
    assert named["user"] == named["actor"] == "u1"


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


ODD = [
    {"actor": "u1"}, {"actor": ["u1", SECRET]}, {"actor": [{"kind": "user", "id": "u1"}]}, {"user_id": "u1"},
    {"actor_id": "u1", "actor_name": SECRET}, {"event": {"actor": {"kind": "user", "id": "u1"}}},
    {"user": [{"id": "u1", "name": SECRET}]}, {"user": {"id": {"value": "u1"}, "name": SECRET}},
    {"User": {"Id": "u1", "Name": SECRET}}, {"user": {"pk": "u1", "username": SECRET}},
    {"actor": "Actor(kind='user', id='u1')"}, {"actor": {"kind": "service", "on_behalf_of": ["u1", SECRET]}},
    {"actor": "u1", "user": {"id": "u2"}}, {"cut": '{\\"user\\":{\\"id\\":\\"u1\\"}'},
]  # fmt: skip
"""The user who acted, in shapes that no event has."""


@pytest.mark.parametrize("shape", ODD)
@pytest.mark.parametrize("quarantined", [True, False])
def test_whatever_the_shape_in_which_a_message_names_the_user_alone_nothing_personal_is_left(
    shape: dict[str, Any], *, quarantined: bool
) -> None:
    origin = {"ip": SECRET, "user_agent": SECRET, "additional": {"email": SECRET, "odd": SECRET}}
    left = without(
        encoded({"tag": "account:email:add", **origin, **shape}, quarantined=quarantined), ANN, KEYS
    )
    assert left is not None
    assert SECRET.encode() not in left


OF_ANN = f"Account(user_id='u1', name='{SECRET}', email='ann@example.org')"
WITH_TEXT: list[dict[str, Any]] = [
    *({place: OF_ANN} for place in ("user", "project", "organization", "request_id", "producer", "tag")),
    *({place: {"id": OF_ANN}} for place in ("user", "project", "organization")),
    *({place: {"id": "x", "name": OF_ANN}} for place in ("user", "project", "organization")),
    {"actor": {"kind": "service", "id": "ci", "on_behalf_of": OF_ANN}},
    {"actor": {"kind": "user", "id": OF_ANN}},
    {"actor": {"kind": "user", "id": "u2", "credential": {"kind": "s", "id": OF_ANN}}},
    {"actor": {"kind": "user", "id": "u2", "credential": {"kind": "s", "label": OF_ANN}}},
]


@pytest.mark.parametrize("shape", WITH_TEXT, ids=json.dumps)
@pytest.mark.parametrize("quarantined", [True, False])
def test_the_text_of_an_object_in_the_place_of_an_id_or_name_is_searched(
    shape: dict[str, Any], *, quarantined: bool
) -> None:
    raw = encoded({"tag": "account:logout", **shape}, quarantined=quarantined)
    left = without(raw, ANN, KEYS)
    assert left is not None
    assert SECRET.encode() not in left
    assert b"ann@" not in left


@pytest.mark.parametrize("identity", ["CN=Ann Needle,OU=x", "auth0|7", "Ann (7)", "ann@example.org"])
def test_an_id_in_whatever_form_is_the_persons_and_stays(identity: str) -> None:
    message = {"user": {"id": identity, "name": SECRET}, "actor": {"kind": "user", "id": "CN=Bob (2)"}}
    left = without(json.dumps(message).encode(), Person(identity), KEYS)
    assert json.loads(left or b"") == {**message, "user": {"id": identity, "name": None}}


@pytest.mark.parametrize(
    "text", [{"user_agent": "x ann@example.org"}, {"request_id": "ann@example.org"},
             {"project": {"id": "p1", "name": "backup of ann@example.org"}},
             {"actor": {"kind": "service", "id": "ci", "name": "CI of ann@example.org"}},
             {"actor": {"kind": "user", "id": "u2", "credential": {"kind": "s", "label": "ann@example.org"}}}]
)  # fmt: skip
def test_names_and_labels_of_others_lose_what_tells_of_the_person(text: dict[str, Any]) -> None:
    person = Person("u1", emails=frozenset({"ann@example.org"}))
    message = {"tag": "account:logout", "user": {"id": "u2", "name": "bob"}, **text}
    left = without(json.dumps(message).encode(), person, KEYS) or b"ann@"
    assert b"ann@" not in left
    assert json.loads(left)["user"] == message["user"]
    assert without(left, person, KEYS) is None


def test_a_message_with_a_key_twice_that_names_the_person_under_the_first_is_emptied() -> None:
    own, others = '"user": {"id": "u1"}, "ip": "203.0.113.9"', '"user": {"id": "u9"}'
    assert without(f"{{{own}, {others}}}".encode(), ANN, KEYS) == b""
    assert without(f"{{{others}, {others}}}".encode(), ANN, KEYS) is None


@pytest.mark.parametrize("shape", ODD)
def test_a_hold_keeps_what_an_erasure_would_take_whatever_the_shape(shape: dict[str, Any]) -> None:
    hold = Hold(id=7, about="user", subject_id="u1")
    others = [Hold(id=8, about="user", subject_id="u11"), Hold(id=9, about="project", subject_id="p9")]
    assert holding(encoded(shape, quarantined=True), [hold, *others]) == {7}
    assert holding(json.dumps(shape).encode()[:-1], [hold, *others]) == {7}


@pytest.mark.parametrize(
    "odd", [{"actor": "u1"}, {"user_id": "u1"}, {"on_behalf_of": "u1"}, {"seen": ["u1"]}]
)
def test_of_another_person_who_acted_address_and_device_stay_whatever_else_is_named(
    odd: dict[str, Any],
) -> None:
    actor = {"kind": "user", "id": "u2", "name": "bob"}
    message = {"tag": "account:logout", "ip": "198.51.100.9", "user_agent": "twine", "actor": actor}
    left = json.loads(without(json.dumps({**odd, **message}).encode(), ANN, KEYS) or json.dumps(message))
    assert left == message


@pytest.mark.parametrize("identity", ["u" * 300, "u" * 256])
def test_an_id_that_is_too_long_to_be_stored_is_the_users_in_messages_too(identity: str) -> None:
    person, hold = (
        Person(id_of("user", identity)),
        Hold(id=7, about="user", subject_id=id_of("user", identity)),
    )
    messages = [
        {"user": {"id": identity, "name": SECRET}, "ip": SECRET},
        {"actor": {"kind": "service", "on_behalf_of": {"id": identity, "name": SECRET}}, "ip": SECRET},
        {"actor": [identity, SECRET], "ip": SECRET},
    ]
    for message in messages:
        raw = json.dumps(message).encode()
        assert SECRET.encode() not in (without(raw, person, KEYS) or raw)
        assert holding(raw, [hold]) == {7}


NAMES_OF_PERSONS = [
    *("userid", "USERID", "UserId", "user-id", "user_fk", "userName", "login", "customer", "customerId"),
    *("author", "author_uuid", "person", "principal", "requester", "sub", "who", "admin", "on_behalf_of"),
    *("assignee", "recipient_id", "created_by", "uuid", "guid"),
]


@pytest.mark.parametrize("identity", ["7", "4711", "ann"])
@pytest.mark.parametrize("principal", [["{}", SECRET], "User ({})", {"pk": "{}", "name": SECRET}])
def test_a_principal_in_another_shape_is_the_person_for_whom_a_service_acted(
    identity: str, principal: Any
) -> None:
    actor = {"kind": "service", "id": "ci", "on_behalf_of": principal}
    message = {
        "tag": "account:email:add",
        "ip": SECRET,
        "user_agent": SECRET,
        "additional": {"email": SECRET},
    }
    left = without(
        json.dumps({**message, "actor": actor}).replace("{}", identity).encode(), Person(identity), KEYS
    )
    assert left is not None
    assert SECRET.encode() not in left


@pytest.mark.parametrize("identity", ["7", "4711", "ann"])
@pytest.mark.parametrize(
    ("odd", "counts"),
    [
        ({"trace": {"step": "{} of 9"}}, False), ({"order": "A {}"}, False), ({"said": "{}"}, False),
        ({"said": "at 10.0.0.{}"}, False), ({"valid": "{}"}, False), ({"owner": "{}"}, True),
        ({"userId": "{}"}, True), ({"user": {"id": {"value": "{}"}}}, True),
        ({"seen_by": ["bob", "{}"]}, True),
        *(({name: "{}"}, True) for name in NAMES_OF_PERSONS),
        ({"user": {"key": "{}"}}, True), ({"customer": {"number": "{}"}}, True),
        ({"trace": {"key": "{}"}}, False),
        ({"by": "User object ({})"}, True), ({"key": "{}"}, False), ({"number": "{}"}, False),
        ({"path": "/users/{}/mail"}, True), ({"said": "user {} left"}, True), ({"users": {"{}": "x"}}, True),
    ],
)  # fmt: skip
def test_an_id_that_may_be_any_number_or_word_counts_only_behind_what_names_a_person(
    identity: str, odd: dict[str, Any], *, counts: bool
) -> None:
    others = {"tag": "account:logout", "user": {"id": "u9"}, "actor": {"kind": "user", "id": "u9"}}
    raw = json.dumps({**others, "x": odd}).replace("{}", identity).encode()
    assert (without(raw, Person(identity), KEYS) is not None) == counts
    number = raw.replace(b'"%b"' % identity.encode(), identity.encode())
    if identity.isdecimal():
        assert (without(number, Person(identity), KEYS) is not None) == counts


@pytest.mark.parametrize(
    ("line", "counts"), [("step 7 of 9", False), ("/users/7?x", True), ('{"user_id":7,', True)]
)
def test_in_a_text_too(line: str, *, counts: bool) -> None:
    assert without(line.encode(), Person("7"), KEYS) == (b"" if counts else None)


@pytest.mark.parametrize("tag", ["account:email:add", "no:such"])
def test_payload_keys_of_which_nobody_knows_what_they_hold_lose_what_tells_of_the_person(tag: str) -> None:
    person = Person("u1", emails=frozenset({"ann@example.org"}), addresses=frozenset({"203.0.113.9"}))
    undeclared = {"mail": "ann@example.org", "n": {"ip": ["203.0.113.9", "x"]}, "step": 3}
    message = {"tag": tag, "user": {"id": "u9"}, "additional": undeclared}
    left = json.loads(without(json.dumps(message).encode(), person, KEYS) or b"")
    assert left["additional"] == {"n": {"ip": ["x"]}, "step": 3}


TELLING = st.sampled_from(
    ["ann@example.org", "ANN%40example.org", "“ann@example.org”", "2001:0db8:0:0:0:0:0:7", "203.000.113.009",
     "::ffff:cb00:7109", "ip%3D203.0.113.9", "GET /?user=user%2D4711", "user-4711", "Ann  Needle", "é", "%",
     " ", "7", "user=7"]
)  # fmt: skip


@given(
    texts=st.lists(TELLING | st.text(max_size=4), max_size=4).map("".join),
    key=st.sampled_from(["email", "odd", "owner", "filters"]),
    identity=st.sampled_from(["user-4711", "7"]),
    tag=st.sampled_from(["admin:history:view", "account:email:add", "no:such"]),
    shape=st.sampled_from(["payload", "field", "text", "cut"]),
    is_ascii=st.booleans(),
)
def test_a_quick_look_passes_over_no_message_that_tells(
    texts: str, key: str, tag: str, shape: str, identity: str, *, is_ascii: bool
) -> None:
    person = Person(
        identity,
        names=frozenset({"ann needle"}),
        emails=frozenset({"ann@example.org"}),
        addresses=frozenset({"2001:db8::7", "203.0.113.9"}),
    )
    payload = {key: {"text": texts} if key == "filters" else texts}
    message = {"tag": tag, "additional": payload} if shape == "payload" else {"tag": tag, key: texts}
    raw = json.dumps(message, ensure_ascii=is_ascii).encode("utf-8", "replace")
    raw = {"text": texts.encode("utf-8", "replace"), "cut": raw[:-1]}.get(shape, raw)
    assert may_tell(raw, person) or without(raw, person, KEYS) is None
