"""Secrets in `additional` on their way through `emit` and through the worker's judge."""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tests.support.emitting import SPOOLED, Counter, an_emitter
from tests.support.judging import a_judge
from tests.support.secret_samples import SECRETS
from trailkeeper import Actor, Credential, Event, InvalidEvent, RequestContext, Subject
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.event import Requester
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.secrets import REMOVED, SecretGuard
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage

TOKEN = "pypi-" + "AgEIcHlwaS5vcmcCJGQ2ZGQ1ZjE1LTg3NjItNDc1OC1hNTgxLTk5ZmI5MzAwNjdl"
SECRETIVE: dict[str, Any] = {"version": f"1.0 {TOKEN}", "extra": {"password": "hunter2", "why": "a test"}}
CLEAN = {"version": f"1.0 {REMOVED}", "extra": {"password": REMOVED, "why": "a test"}}


def test_emit_records_marks_in_the_place_of_secrets_counts_them_and_logs_where_they_were(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counter = Counter()
    emitter, recorder = an_emitter(metrics=counter)
    with caplog.at_level(logging.WARNING):
        emitter.emit(SPOOLED, additional=SECRETIVE)
    assert recorder.events[0].additional == CLEAN
    assert counter.counted.count(("trailkeeper.secrets", [f"tag:{SPOOLED}"])) == 2
    assert "at=additional.extra.password by=its name" in caplog.text
    assert "hunter2" not in caplog.text
    assert TOKEN not in caplog.text
    assert SECRETIVE["extra"]["password"] == "hunter2"  # what the application holds is not touched


def test_no_log_and_no_error_has_a_secret_that_is_a_key(caplog: pytest.LogCaptureFixture) -> None:
    other, half = "AKIA" + "IOSFODNN7EXAMPLE", "LmfzU+ydUF3MTplzoINzW9CrAbyvcQNVWXLq+gx2"
    extra = {key: {"password": "hunter2"} for key in (TOKEN, "https://u:secr9pw@h/", half)}
    payload = {"version": other, "extra": extra}
    an_emitter()[0].emit(SPOOLED, additional=payload)
    with pytest.raises(InvalidEvent) as raised:
        an_emitter(secrets="refuse")[0].emit(SPOOLED, additional=payload)
    assert f"additional.extra.{REMOVED}.password by=its name" in caplog.text
    for secret in (TOKEN, "secr9pw", half):
        assert secret not in caplog.text + str(raised.value)


def test_refuse_raises_at_the_call() -> None:
    emitter, _ = an_emitter(secrets="refuse")
    with pytest.raises(InvalidEvent, match=r"additional\.version: it looks like a secret by its form"):
        emitter.emit(SPOOLED, additional=SECRETIVE)


def test_allow_records_what_was_given() -> None:
    emitter, recorder = an_emitter(secrets="allow")
    emitter.emit(SPOOLED, additional=SECRETIVE)
    assert recorder.events[0].additional == SECRETIVE


def test_an_event_made_elsewhere_is_cleaned_too() -> None:
    emitter, recorder = an_emitter()
    now = datetime.now(UTC)
    event = Event(id=uuid7(now), tag=SPOOLED, occurred_at=now, additional=SECRETIVE)
    emitter.send(event)
    assert recorder.events[0].additional == CLEAN


@pytest.mark.parametrize("policy", ["redact", "refuse"])
def test_quarantine_does_not_keep_the_secrets_of_a_wrong_call(policy: str) -> None:
    sent: list[bytes] = []
    transport = SimpleNamespace(send=lambda payload, *_: sent.append(payload))
    emitter, _ = an_emitter(transport, on_invalid="quarantine", secrets=policy)
    emitter.emit(SPOOLED, additional={**SECRETIVE, "password": "hunter2"})
    kept = json.loads(sent[0])
    assert kept["additional"] == {**CLEAN, "password": REMOVED}


LIVE = "kz3hq1v9x0a8c7b6d5e4f3g2h1j0k9l8"
KEY = "f" * 32


def emitted(**arguments: Any) -> dict[str, Any]:
    """An event as the bytes that leave the process."""
    settings = arguments.pop("settings", {})
    sent: list[bytes] = []
    emitter, _ = an_emitter(SimpleNamespace(send=lambda payload, *_: sent.append(payload)), **settings)
    emitter.emit(SPOOLED, **arguments)
    found: dict[str, Any] = json.loads(sent[0])
    return found


def with_credential(*arguments: Any, key: str | None = None, **more: Any) -> dict[str, Any]:
    credential = Credential(*arguments, **more)
    event = emitted(actor=Actor("user", "7", credential=credential), settings={"fingerprint_key": key})
    found: dict[str, Any] = event["actor"]["credential"]
    return found


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("kind", ["session", "web_session", "cookie", "Bearer", "password", "recovery_code"])
def test_the_id_of_a_session_never_leaves_the_process(kind: str, key: str | None) -> None:
    for live in (LIVE, "short", 5, f"Bearer {LIVE}", f"sessionid={LIVE}; Path=/"):
        found = with_credential(kind, live, key=key)["id"]
        assert re.fullmatch("hmac-sha256:[0-9a-f]{32}" if key else "sha256:[0-9a-f]{64}", found)
        assert str(live) not in found or len(str(live)) < 6


@pytest.mark.parametrize(
    "live",
    [
        "9944b09199c62bcf9418ad846dd0e4bb" + "dfc6ee4b",
        TOKEN,
        "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0UvWx",
        f"token={LIVE}",
    ],
)
def test_the_id_of_any_other_credential_that_looks_like_a_key_is_a_fingerprint(live: str) -> None:
    assert with_credential("api_token", live, key=KEY)["id"].startswith("hmac-sha256:")


@pytest.mark.parametrize(
    "harmless", ["7", "tp-88", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "release.yml @ PyCQA/isort"]
)
def test_the_id_of_a_token_stays(harmless: str) -> None:
    assert with_credential("api_token", harmless, key=KEY)["id"] == harmless


def test_an_application_says_that_an_id_is_harmless() -> None:
    assert with_credential("session", 5, id_is_public=True) == {
        "kind": "session",
        "id": "5",
        "label": None,
        "id_is_public": True,
    }
    assert TOKEN not in str(with_credential("session", TOKEN, id_is_public=True))


def test_the_same_session_has_one_fingerprint_whoever_has_the_key() -> None:
    by_producer = with_credential("session", LIVE, key=KEY)["id"]
    without_key = with_credential("session", LIVE)["id"]
    judged = {judged_id(given, KEY) for given in (by_producer, without_key, LIVE)}
    assert judged == {by_producer}
    assert with_credential("session", LIVE, key="g" * 32)["id"] != by_producer
    assert judged_id(LIVE, None) == without_key


def judged_id(given: str, key: str | None, kind: str = "session") -> str | None:
    """What a worker stores of the credential of an event that another program wrote."""
    now = datetime.now(UTC)
    actor = Actor("user", "7", credential=Credential(kind, given))
    raw = encode(Event(id=uuid7(now), tag=SPOOLED, occurred_at=now, actor=actor))
    verdict = a_judge(None, SecretGuard(key=key)).judge(IncomingMessage("1-0", raw, None, {b"e": raw}), now)
    assert isinstance(verdict, Accepted)
    assert verdict.event.actor.credential
    return verdict.event.actor.credential.id


@pytest.mark.parametrize("policy", ["redact", "allow"])
def test_a_session_in_a_wrong_call_is_no_live_one_either(policy: str) -> None:
    actor = Actor("nobody", "7", credential=Credential("session", LIVE))  # type: ignore[arg-type]
    event = emitted(actor=actor, settings={"on_invalid": "quarantine", "secrets": policy})
    assert LIVE not in str(event)
    assert event["actor"]["credential"]["id"].startswith("sha256:")


AS_AN_OBJECT = {"kind": "session", "id": LIVE}
BY_A_SESSION = Actor("user", "7", credential=Credential("session", LIVE))
WRONG: list[dict[str, Any]] = [
    {"credential": Credential("session", LIVE)},
    {"credential": LIVE},
    {"session": LIVE},
    {"session_id": LIVE},
    {"user": Credential("session", LIVE)},
    {"user": Actor("user", None, credential=Credential("cookie", LIVE)), "x": 1},
    {"project": [BY_A_SESSION]},
    {"actor": [BY_A_SESSION]},
    {"actor": {"kind": "user", "id": "7", "credential": AS_AN_OBJECT}},
    {"actor": {"kind": "user", "id": "7", "credential": {"kind": "session", "session_key": LIVE}}},
    {"actor": {"kind": "user", "id": "7", "credential": [AS_AN_OBJECT, ["session", LIVE]]}},
    {"additional": {"by": BY_A_SESSION}},
    {"additional": {"by": [{"x": AS_AN_OBJECT}]}},
    {"additional": [("by", BY_A_SESSION)]},
    {"additional": SimpleNamespace(by=BY_A_SESSION)},
    *(
        {"actor": Actor("user", "7", credential=credential)}  # type: ignore[arg-type]
        for credential in (
            AS_AN_OBJECT,
            ("session", LIVE),
            ["session", LIVE, f"key {LIVE}"],
            f"session:{LIVE}",
            LIVE,
            {"kind": "session", "id": {"value": LIVE}},
            {"kind": "session", "id": [LIVE]},
            SimpleNamespace(kind="session", credential=Credential("session", LIVE)),
        )
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("policy", ["redact", "allow"])
def test_the_id_of_a_session_is_not_kept_or_told_wherever_it_stands_in_a_wrong_call(
    wrong: dict[str, Any], policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine", secrets=policy)
    emitter.emit(SPOOLED, **wrong)
    [message] = recorder.invalid
    told = f"{message.payload!r} {message.problem} {caplog.text}"
    assert "wrong call" in caplog.text
    assert not [place for place in range(len(LIVE) - 7) if LIVE[place : place + 8] in told], told


def test_an_error_tells_what_was_passed_and_not_what_is_in_it() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    for wrong in (
        {"additional": [("password", "correct-horse-battery")]},
        {"user": {"name": "ann", "mail": "ann@example.org"}},
    ):
        emitter.emit(SPOOLED, **cast(dict[str, Any], wrong))
    pairs, row = (str(message.problem) for message in recorder.invalid)
    assert pairs == "additional: [1 item]; expected a dict, or another mapping"
    assert row.startswith("user: {'name', 'mail'} (dict); expected")


def test_allow_makes_fingerprints_of_sessions_all_the_same() -> None:
    actor = Actor("user", "7", credential=Credential("session", LIVE))
    assert LIVE not in str(emitted(actor=actor, settings={"secrets": "allow"}))


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "user.name": lambda secret: {"user": ("1", secret)},
    "project.name": lambda secret: {"project": ("1", secret)},
    "organization.name": lambda secret: {"organization": ("1", secret)},
    "actor.name": lambda secret: {"actor": Actor("user", "1", secret)},
    "actor.on_behalf_of": lambda secret: {"actor": Actor("service", "1", on_behalf_of=Subject("1", secret))},
    "credential.kind": lambda secret: {"actor": Actor("user", "1", credential=Credential(secret))},
    "credential.id": lambda secret: {"actor": Actor("user", "1", credential=Credential("x", secret))},
    "credential.label": lambda secret: {"actor": Actor("user", "1", credential=Credential("x", "1", secret))},
    "user_agent": lambda secret: {"request": RequestContext(user_agent=f"x/1 {secret}")},
    "request_id": lambda secret: {"request": RequestContext(request_id=secret)},
    "a value": lambda secret: {"additional": {"version": secret}},
    "within a value": lambda secret: {"additional": {"extra": {"a": [{"b": secret}]}}},
    "a key": lambda secret: {"additional": {"extra": {secret: 1}}},
}


@pytest.mark.parametrize("arguments", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("policy", ["redact", "refuse"])
def test_no_field_of_an_event_keeps_a_secret_of_a_known_form(
    arguments: Callable[[str], dict[str, Any]], policy: str
) -> None:
    for make in SECRETS.values():
        secret = make(random.Random(3))
        try:
            event = emitted(**arguments(secret), settings={"secrets": policy})
        except InvalidEvent:
            assert policy == "refuse"
            continue
        assert _core(secret) not in json.dumps(event, ensure_ascii=False).replace("\\n", "\n"), secret


LIKE_TOKENS = (
    *("xoxo-mallory-user", "ghp_import_documentation", "ops_Runbook_Production_2024", "sk_live_concert_tour"),
    *("xai-Tutorial-NeurIPS-2023", "whsec_documentation_page", "glpat-documentation-notes"),
    *("secret_Santa_Project_2024", "lin_Algebra_Lecture_2024"),
    *(make(random.Random(5))[:255] for make in SECRETS.values()),
)
"""As somebody may be called who chose the name, and as nobody should be."""


@pytest.mark.parametrize("policy", ["redact", "refuse"])
def test_an_id_by_which_histories_are_found_stays_whatever_it_looks_like(policy: str) -> None:
    for found in LIKE_TOKENS:
        actor = Actor("service", found, on_behalf_of=Subject(found))
        event = emitted(
            user=found, project=found, organization=found, actor=actor, settings={"secrets": policy}
        )
        subjects = (*(event[name] for name in ("user", "project", "organization", "actor")),)
        assert {subject["id"] for subject in (*subjects, event["actor"]["on_behalf_of"])} == {found}


def test_so_does_the_id_of_who_else_acted_in_the_request() -> None:
    now = datetime.now(UTC)
    for found in LIKE_TOKENS:
        asked = Requester("user", found)
        raw = encode(
            Event(id=uuid7(now), tag=SPOOLED, occurred_at=now, user=Subject(found), requested_by=asked)
        )
        verdict = a_judge(None, SecretGuard()).judge(IncomingMessage("1-0", raw, None, {b"e": raw}), now)
        assert isinstance(verdict, Accepted)
        assert verdict.event.user == Subject(found)
        assert (verdict.extras or {})["requested_by"]["id"] == found


def test_so_do_ids_in_a_wrong_call_which_may_be_replayed() -> None:
    for found in LIKE_TOKENS:
        actor = Actor("nobody", found, TOKEN, on_behalf_of=Subject(found))  # type: ignore[arg-type]
        event = emitted(user=(found, TOKEN), actor=actor, settings={"on_invalid": "quarantine"})
        assert event["user"] == {"id": found, "name": REMOVED}
        assert (event["actor"]["id"], event["actor"]["name"]) == (found, REMOVED)
        assert event["actor"]["on_behalf_of"]["id"] == found


def test_the_log_says_that_a_secret_stays_as_an_id(caplog: pytest.LogCaptureFixture) -> None:
    counter = Counter()
    emitter, _ = an_emitter(metrics=counter)
    emitter.emit(SPOOLED, actor=Actor("service", TOKEN))
    assert f"secret_kept tag={SPOOLED} at=actor.id by=its form" in caplog.text
    assert TOKEN not in caplog.text
    assert counter.counted.count(("trailkeeper.secrets", [f"tag:{SPOOLED}"])) == 0


def test_a_name_that_a_client_chose_is_cleaned_and_never_refused() -> None:
    actor = Actor("service", "1", TOKEN, Credential("x", "1", TOKEN), Subject("2", TOKEN))
    event = emitted(user=("1", TOKEN), project=("2", TOKEN), actor=actor, settings={"secrets": "refuse"})
    assert TOKEN not in str(event)
    assert event["user"]["name"] == REMOVED


AWS_ID, AWS_HALF = "AKIA" + "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "arguments",
    [
        {"user": ("1", AWS_HALF), "actor": Actor("user", "1", AWS_ID)},
        {"user": ("1", f"{AWS_ID} {AWS_HALF}")},
        {"actor": Actor("service", AWS_ID, on_behalf_of=Subject("2", AWS_HALF))},
        {"actor": Actor("user", "1", credential=Credential("aws", AWS_ID, f"label {AWS_HALF}"))},
        {"actor": Actor("user", "1", credential=Credential("aws", f"{AWS_ID} {AWS_HALF}"))},
        {"additional": {"version": AWS_ID, "extra": {"other": AWS_HALF}}},
        {"additional": {"nobody_declared": f"{AWS_ID} {AWS_HALF}"}, "settings": {"on_invalid": "quarantine"}},
        {
            "additional": {"x": AWS_ID, "nobody_declared": {"id": AWS_HALF}},
            "settings": {"on_invalid": "quarantine"},
        },
    ],
)
def test_the_secret_half_of_a_key_of_aws_goes_wherever_the_other_half_is(arguments: dict[str, Any]) -> None:
    for _ in range(2):  # the second time its texts were seen before
        assert AWS_HALF not in str(emitted(**arguments))


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "PHPSESSID",
            "jsessionid",
            "sid",
            "sess",
            "websession",
            "usersession",
            "refresh_token",
            "accessToken",
        ),
        *("remember_me", "remember_token", "\u017fession", "s\u00e9ssion", "\uff53ession"),
    ],
)
def test_a_kind_that_plainly_is_a_session_keeps_no_live_id(kind: str) -> None:
    assert with_credential(kind, "abcdef123456ghij", key=KEY)["id"].startswith("hmac-sha256:")


@pytest.mark.parametrize("kind", ["login", "device"])
def test_a_session_of_django_is_a_fingerprint_whatever_its_kind_is_called(kind: str) -> None:
    assert with_credential(kind, LIVE, key=KEY)["id"].startswith("hmac-sha256:")


@pytest.mark.parametrize("settings", [{}, {"on_invalid": "quarantine"}])
def test_a_session_that_is_called_by_its_key_loses_the_label(settings: dict[str, Any]) -> None:
    for live in (LIVE, "abcdef123456ghij"):
        kind: Any = "nobody" if settings else "user"
        actor = Actor(kind, "1", credential=Credential("session", live, f"of {live}"))
        assert live not in str(emitted(actor=actor, settings=settings))


@pytest.mark.parametrize("piece", ["-sk", "token=a&", "a='b", "password='", "://a:", "a-"])
def test_a_name_of_any_length_takes_no_time(piece: str) -> None:
    name = piece * (2_500_000 // len(piece))
    began = time.process_time()
    emitted(user=("1", name), actor=Actor("service", "x", f"{name}a", on_behalf_of=Subject("2", f"{name}b")))
    assert time.process_time() - began < 0.5


def test_a_name_is_cut_after_the_secrets_are_out_of_it() -> None:
    assert TOKEN[:10] not in str(emitted(user=("1", f"{'x ' * 120}{TOKEN}")))


def _core(secret: str) -> str:
    """Its longest run of letters and digits."""
    return max(re.split("[^A-Za-z0-9]+", secret), key=lambda word: (any(map(str.isdigit, word)), len(word)))


def test_a_wrong_call_that_quotes_a_secret_does_not_log_or_keep_it(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[tuple[bytes, bytes]] = []
    transport = SimpleNamespace(send=lambda payload, invalid, *_: sent.append((payload, invalid)))
    emitter, _ = an_emitter(transport, on_invalid="quarantine")
    emitter.emit(TOKEN, user=("1", TOKEN))
    assert TOKEN not in caplog.text
    assert TOKEN not in str(sent)


def test_the_worker_cleans_what_other_producers_wrote() -> None:
    now = datetime.now(UTC)
    kind = EventType(tag=SPOOLED, scope="project", sentence="x", payload={"version": "string"})
    event = Event(id=uuid7(now), tag=SPOOLED, occurred_at=now, additional={**SECRETIVE, "otp": 123456})
    raw = msgspec.json.encode({**msgspec.json.decode(encode(event)), "new_key": {"cookie": "a=b"}})
    verdict = a_judge(Catalogue([kind])).judge(IncomingMessage("1-0", raw, None, {b"e": raw}), now)
    assert isinstance(verdict, Accepted)
    assert verdict.event.additional == {**CLEAN, "otp": REMOVED}
    assert verdict.extras == {"new_key": {"cookie": REMOVED}}
