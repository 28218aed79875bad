"""What is taken for a secret in a payload, and what is not."""

from __future__ import annotations

import base64
import random
import re
import string
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trailkeeper import Event
from trailkeeper.producer.catalogue import EventType, load
from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.lines import read_lines
from trailkeeper.producer.secrets import REMOVED, SecretGuard
from trailkeeper.producer.secrets.words import names_secret

# in pieces, so that no scanner takes this file for a leak
KNOWN = {
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmcCJGQ2ZGQ1ZjE1LTg3NjItNDc1OC1hNTgxLTk5ZmI5MzAwNjdlNwACKlszLCJh",
    "GitHub": "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx",
    "GitHub, fine": "github_pat_" + "11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ",
    "Linear": "lin_api_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUxabcd",
    "Slack": "xoxb-" + "2345678901-AbCdEfGhIjKl",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "header": "Bearer " + "mF9B5f41JqM0a7c8d9e0",
    "PEM": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
}
NOW = datetime.now(UTC)


def a_kind(*declared: str, unchecked: tuple[str, ...] = ()) -> EventType:
    keys: Any = dict.fromkeys(declared, "string")
    return EventType(tag="project:note:add", scope="project", sentence="x", payload=keys, unchecked=unchecked)


DECLARING = a_kind("note", "value", "metadata")


def an_event(payload: dict[str, Any]) -> Event:
    return Event(id=uuid7(NOW), tag="project:note:add", occurred_at=NOW, additional=payload)


def checked(
    payload: dict[str, Any],
    *,
    policy: Any = "redact",
    more: tuple[str, ...] = (),
    kind: EventType = DECLARING,
    key: str | None = None,
) -> Any:
    return SecretGuard(policy, more, key=key).checked(an_event(payload), kind).additional


@pytest.mark.parametrize("secret", KNOWN.values(), ids=KNOWN)
def test_a_secret_of_a_known_form_is_replaced_and_the_text_around_it_stays(secret: str) -> None:
    assert checked({"note": f"found {secret}, revoke it"}) == {"note": f"found {REMOVED}, revoke it"}


def test_user_and_password_go_from_an_address() -> None:
    assert checked({"value": "redis://app:hunter2@db.internal/0"}) == {
        "value": f"redis://{REMOVED}@db.internal/0"
    }


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "userPassword",
        "API-Key",
        "api_key",
        "apiKey",
        "client_secret",
        "X-Auth-Token",
        "HTTP_COOKIE",
        "recoveryCodes",
        "card_number",
        "otp",
        "privateKey",
        "authorization",
        "PASSWD",
    ],
)
def test_a_key_that_names_a_secret_loses_its_value_whatever_it_is(key: str) -> None:
    for value in ("hunter2", 123456, ["a", "b"], {"iv": "x"}):
        assert checked({"metadata": {key: value}}) == {"metadata": {key: REMOVED}}


@pytest.mark.parametrize(
    "key",
    [
        "token_id",
        "password_changed_at",
        "secret_count",
        "tokenizer",
        "pinned",
        "passenger",
        "compass",
        "author",
        "cookie_policy",
        "two_factor_method",
        "key",
        "keyword",
        "cardinality",
        "company",
        "opinion",
        "expansion",
        "secret_scanning",
        "cookie_consent",
        "cookieDomain",
        "password_strength",
        "credentials_provider",
        "token_limit",
        "token_endpoint",
        "secret_manager",
        "authorization_flow",
        "token_last4",
        "password_last_set",
        "api_key_last_used",
        "token_expires_in",
        "recovery_codes_remaining",
        "password_reset_sent",
        "tokens_per_minute",
        "totp_devices",
        "password_changed_by",
        "token_created_by",
        "api_key_rotated_by",
        "token_username",
        "password_algorithm",
        "passwort_geaendert_am",
        "senha_alterada_em",
        "mot_de_passe_modifie_le",
        "парольная_политика",
        "пароль_изменён",
        "密码策略",
        "パスワードリセット",
        "암호화폐",
        "암호화",
        "비밀번호_변경일",
        "desenha",
    ],
)
def test_a_key_that_only_tells_about_a_secret_keeps_its_value(key: str) -> None:
    assert checked({"metadata": {key: "2026-11-24"}}) == {"metadata": {key: "2026-11-24"}}


def test_whether_there_is_a_secret_is_none() -> None:
    assert checked({"metadata": {"password": True, "otp": None}}) == {
        "metadata": {"password": True, "otp": None}
    }


@pytest.mark.parametrize("key", ["max_tokens", "tokens_used", "completionTokens", "secrets", "pan"])
def test_a_small_number_under_the_name_of_many_counts_them(key: str) -> None:
    for value in (0, 5, 4096, 12.5):
        assert checked({"metadata": {key: value}}) == {"metadata": {key: value}}


@pytest.mark.parametrize(
    ("key", "value"),
    [("password_used", "hunter2"), ("tokens", "4096"), ("pan", 4111111111111111), ("pin", 1234)],
)
def test_a_text_or_a_large_number_is_a_secret_all_the_same(key: str, value: Any) -> None:
    assert checked({"metadata": {key: value}}) == {"metadata": {key: REMOVED}}


def test_a_key_that_the_catalogue_declares_may_be_called_as_it_likes_but_not_hold_everything() -> None:
    kind = a_kind("token")
    assert checked({"token": "upload for CI"}, kind=kind) == {"token": "upload for CI"}
    for secret in (KNOWN["PyPI"], "9944b09199c62bcf9418ad846dd0e4bb" + "dfc6ee4b"):
        assert checked({"token": secret}, kind=kind) == {"token": REMOVED}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PWD", "/home/ada"),
        ("totp", "enabled"),
        ("authorization", "granted"),
        ("jsonwebtoken", "^9.0.2"),
        (
            "tough-cookie",
            {"version": "4.1.3", "resolved": "https://packages.example/tough-cookie", "dev": True},
        ),
        ("tough-cookie", {"version": "4.1.3", "dependencies": {"psl": "^1.1"}, "engines": {"node": ">=6"}}),
        ("Acme.Tokens", {"type": "Transitive", "resolved": "8.0.1", "contentHash": "kDim"}),
        ("passwd", "1:4.13+dfsg1-4ubuntu3"),
        ("acme/token", "v2.0.0-20240101120000-abcdef123456+incompatible"),
        ("x-token", "0.12.RELEASE"),
        ("w-token", "[1.0,2.0)"),
        ("token-service", "images.example/token-service:1.2.3"),
        ("tiktoken", "git+https://github.com/openai/tiktoken@main"),
        ("public_key", "hPUfBdL5NnMCroOdEQPG1HqHrOxtYBVxgWIA5Pk8rdE="),
    ],
)
def test_what_plainly_is_no_secret_stays_under_the_name_of_one(key: str, value: Any) -> None:
    assert checked({"metadata": {key: value}}) == {"metadata": {key: value}}


@pytest.mark.parametrize(
    "key",
    [
        *(
            "пароль",
            "новый_пароль",
            "用户密码",
            "パスワード",
            "비밀번호",
            "contraseña",
            "Passwort",
            "mot_de_passe",
        ),
        *(
            "Benutzerpasswort",
            "senha_nova",
            "contraseña_actual",
            "passwort2",
            "确认密码",
            "密码确认",
            "비밀번호확인",
        ),
        *("пароль_пользователя", "mot de passe actuel", "gebruikerswachtwoord", "dbKennwort"),
    ],
)
def test_a_password_is_one_in_the_languages_that_most_people_speak(key: str) -> None:
    assert checked({"metadata": {key: "hunter22"}}) == {"metadata": {key: REMOVED}}


@pytest.mark.parametrize("word", ["ключница", "钥匙", "κλειδί", "mot clé", "klíč_od_domu"])
def test_an_application_s_own_words_may_be_of_any_script(word: str) -> None:
    for key in (word, f"new_{word}", word.upper()):
        payload = {"metadata": {key: "hunter22"}}
        assert checked(payload) == payload
        assert checked(payload, more=(word,)) == {"metadata": {key: REMOVED}}


def test_of_a_long_key_only_its_beginning_is_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            checked({"metadata": {f"k{number}{'€' * 50_000}": "x"}})
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


def test_an_application_names_words_of_its_own() -> None:
    payload = {"metadata": {"badgeNumber": "0042", "door": "north"}}
    assert checked(payload, more=("badge number",)) == {"metadata": {"badgeNumber": REMOVED, "door": "north"}}
    assert checked(payload) == payload


def test_secrets_are_found_in_lists_within_objects() -> None:
    found = checked({"metadata": {"headers": [{"name": "x", "cookie": "a=b"}, KNOWN["GitHub"]]}})
    assert found == {"metadata": {"headers": [{"name": "x", "cookie": REMOVED}, REMOVED]}}


def test_secrets_are_found_by_their_names_in_lists_of_headers_and_of_variables() -> None:
    headers = [["Accept", "*/*"], ["X-Api-Key", "abc123secret"], ["Cookie", "sessionid=abcdefgh"]]
    cleaned = [["Accept", "*/*"], ["X-Api-Key", REMOVED], ["Cookie", REMOVED]]
    assert checked({"headers": headers, "changed": ["password", "email"]}) == {
        "headers": cleaned,
        "changed": ["password", "email"],
    }
    assert checked({"data": {"of": headers}}) == {"data": {"of": cleaned}}
    for named, name in (("name", "DB_PASSWORD"), ("key", "API_TOKEN"), ("name", "X-Api-Key")):
        variables = [{named: name, "value": "hunter2"}, {named: "HOME", "value": "/root"}]
        found = checked({"data": {"env": variables}})["data"]["env"]
        assert found == [{named: name, "value": REMOVED}, {named: "HOME", "value": "/root"}]


@pytest.mark.parametrize(
    "pairs",
    [
        [["src/token.py", "src/tokens.py"], ["a", "b"]],
        [["secrets", "write"], ["contents", "read"]],
        [["password", 1200], ["reset", 300]],
        [["django-otp", "One-time passwords"], ["tiktoken", [0, 7, 0]]],
        [["token", "API token"], ["password", "Password"]],
        [["api-token", "publish"], ["user", "login"]],
        [{"name": "token", "value": "API token"}, {"key": "secrets", "value": "write"}],
    ],
)
def test_a_word_in_a_pair_that_is_no_header_names_nothing(pairs: Any) -> None:
    for payload in ({"note": pairs}, {"metadata": {"x": pairs}}):
        assert checked(payload) == payload


def test_what_is_first_in_a_pair_is_looked_at_like_anything_else() -> None:
    word = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=40))
    for pairs in ([[word, "2024-01-01"]], [[word, "x"], ["Accept", "*/*"]]):
        assert checked({"note": pairs})["note"][0] == [REMOVED, pairs[0][1]]
        assert checked({"metadata": {"issued": pairs}})["metadata"]["issued"][0][0] == REMOVED


@given(st.uuids(), st.binary(min_size=32, max_size=64))
@example(UUID(int=0), bytes.fromhex("EAAA" * 32))  # begins as tokens do
@example(UUID(int=0), bytes.fromhex("EAAA" * 16))
def test_ids_and_digests_in_hexadecimal_pass(uuid: UUID, digest: bytes) -> None:
    texts = [str(uuid), str(uuid).upper(), digest.hex(), digest.hex().upper(), f"sha256:{digest.hex()}"]
    payload = {"metadata": {f"n{index}": text for index, text in enumerate(texts)}}
    assert checked(payload) is payload


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_in_base64_passes_where_it_or_its_key_says_so(digest: bytes) -> None:
    text = base64.b64encode(digest).decode()
    payload = {"metadata": {"integrity": f"sha256-{text}", "file_digest": text, "credential_id": text}}
    assert checked(payload) is payload


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/PyCQA/isort/actions/runs/19876543210/job/56789012345",
        "https://test.pypi.org/project/Zope.Interface/5.4.0/#files",
        "PyQt6_WebEngine_Qt6-6.7.3-py3-none-manylinux_2_28_x86_64.whl",
        "Organization/Repository-Name-With-Many-Words@refs/heads/main",
        "git+ssh://git@github.com/pypa/sampleproject.git",
        "mailto:Jane.Doe2026@Example.ORG",
        "TheQuickBrownFoxJumpsOverTheLazyDog2026",
        "CN=Foo Bar, O=Example Inc, serial 0190A1B2C3D47E5F8A9B",
        "2026-11-24T20:07:02.123456+00:00",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ],
)
def test_what_merely_looks_odd_passes(text: str) -> None:
    payload = {"value": text}
    assert checked(payload) is payload


def test_random_words_are_found_nearly_always_where_nobody_declared_what_they_are() -> None:
    chance = random.Random(7)
    letters = string.ascii_letters + string.digits
    words = ["".join(chance.choices(letters, k=size)) for size in (32, 40, 64) for _ in range(500)]
    found = sum(checked({"metadata": {"value": word}})["metadata"]["value"] == REMOVED for word in words)
    assert found / len(words) > 0.9


def test_a_random_word_under_a_declared_key_is_what_the_key_is_for() -> None:
    word = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=40))
    payload = {"value": word}
    assert checked(payload) is payload


def test_a_key_that_the_catalogue_calls_unchecked_is_not_looked_at() -> None:
    kind = a_kind("receipt", "note", unchecked=("receipt",))
    payload: dict[str, Any] = {"receipt": {"token": KNOWN["GitHub"]}, "note": "x"}
    assert checked(payload, kind=kind) is payload
    assert checked({**payload, "note": KNOWN["GitHub"]}, kind=kind) == {**payload, "note": REMOVED}


def test_the_secret_half_of_a_key_of_aws_goes_where_the_id_is_which_stays() -> None:
    other, half = "AKIA" + "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
    assert checked({"note": half, "value": other}) == {"note": REMOVED, "value": other}
    assert checked({"note": half, "value": other}) == {
        "note": REMOVED,
        "value": other,
    }  # also the second time
    assert checked({"note": half}) == {"note": half}
    assert checked({"metadata": {"secretAccessKey": half}}) == {"metadata": {"secretAccessKey": REMOVED}}
    assert checked({"note": f"aws_secret_access_key = {half}"}) == {
        "note": f"aws_secret_access_key = {REMOVED}"
    }


@pytest.mark.parametrize(
    "path",
    [
        *("DataLake/UserEvents/Year2024/Month01/Prt", "/Users/AliceSmith/Documents2/MyProject/Build"),
        *("src/main/java/com/acme/UserProfileService2Impl", "AcmeCorp/DataPipeline/Releases2024/tree/Main"),
        *(
            "/home/Alice/Projects/DataLake/UserEvents/Year2024/Part1",
            "OrderHttp2Client/Utf8Test/BaseController",
        ),
    ],
)
def test_a_path_of_words_beside_the_id_of_a_key_of_aws_is_no_half(path: str) -> None:
    text = f"{'AKIA' + 'IOSFODNN7EXAMPLE'} wrote {path} to disk"
    assert checked({"note": text}) == {"note": text}


@pytest.mark.parametrize("joint", ["=", "/", ":", "&key=", r"\n", "%2F", "+", "&#10;", "_"])
def test_the_secret_half_of_a_key_of_aws_is_found_whatever_joins_it_to_the_id(joint: str) -> None:
    other, half = "AKIA" + "IOSFODNN7EXAMPLE", "LmfzU+ydUF3MTplzoINzW9CrAbyvcQNVWXLq+gx2"
    for text in (
        f"{other}{joint}{half}",
        f"x\\n{other}{joint}{half}",
        f"{other}{joint}{half}{joint}us-east-1",
    ):
        assert checked({"note": text}) == {"note": text.replace(half, REMOVED)}


def test_secrets_are_found_in_the_keys_of_objects() -> None:
    assert checked({"metadata": {KNOWN["GitHub"]: 1}}) == {"metadata": {REMOVED: 1}}


def test_a_mark_within_a_key_does_not_name_a_secret() -> None:
    for key in (None, "k" * 32):
        once = checked({"metadata": {"https://u:secr9pw@h/": "x", KNOWN["GitHub"]: "y"}}, key=key)
        assert sorted(once["metadata"].values()) == ["x", "y"]
        assert checked(once, key=key) == once


def test_two_unknown_facts_that_become_the_same_mark_keep_both_values() -> None:
    facts = {"redis://:pw1@cache/0": 1, "redis://:pw2@cache/0": 2, "additional": {}}
    assert sorted(map(str, SecretGuard().cleaned_facts(facts).values())) == ["1", "2", "{}"]


def test_a_removed_secret_leaves_a_fingerprint_by_the_key_of_the_installation() -> None:
    one, other = "k" * 32, "l" * 32
    found = [
        checked({"note": secret}, key=key)["note"]
        for secret, key in (
            (KNOWN["Linear"], one),
            (KNOWN["Linear"], one),
            (KNOWN["Linear"], other),
            (KNOWN["GitHub"], one),
        )
    ]
    assert found[0] == found[1]
    assert len(set(found)) == 3
    assert all(re.fullmatch(r"\[secret removed: [0-9a-f]{16}\]", mark) for mark in found)


def test_real_events_pass_as_they_are() -> None:
    catalogue, guard = load(), SecretGuard()
    lines = Path(__file__).parents[1] / "data" / "mixed.jsonl"
    checked_events = 0
    with lines.open("rb") as file:
        for line in read_lines(file):
            kind = catalogue.get(line.event.tag) if line.event else None
            if line.event and kind:
                assert guard.checked(line.event, kind) is line.event
                checked_events += 1
    assert checked_events > 50


EXAMPLES = {
    "url": "https://github.com/PyCQA/isort/actions/runs/19876543210",
    "id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "email": "Jane.Doe+PyPI@example.org",
    "specifier": "release.yml @ PyCQA/isort (environment Production-2026)",
    "filename": "PyQt6_WebEngine_Qt6-6.7.3-py3-none-manylinux_2_28_x86_64.whl",
    "subscription_id": "sub_" + "1MowQVLkdIwHu7ixeRlqHVzs",
}


def _example(key: str, kind: str) -> Any:
    if kind == "string":
        return next(
            (value for word, value in EXAMPLES.items() if key.endswith(word)), "Some words, version 2.0"
        )
    return {
        "integer": 1764014822,
        "number": 1.5,
        "boolean": True,
        "array": [{"version": 1, "permissions": {"projects": ["sampleproject", "Zope.Interface"]}}],
        "object": {"name": "sampleproject"},
    }[kind]


@pytest.mark.parametrize("kind", [*load()], ids=lambda kind: kind.tag)
def test_every_payload_that_the_catalogue_declares_passes(kind: Any) -> None:
    payload = {key: _example(key, declared) for key, declared in kind.payload.items()}
    assert checked(payload, kind=kind) is payload


def test_an_application_that_nests_the_keys_that_we_declare_gets_no_false_alarm() -> None:
    assert [key for kind in load() for key in kind.payload if names_secret(key)] == []


def test_refuse_names_the_place_and_never_the_secret() -> None:
    with pytest.raises(InvalidEvent, match=r"additional\.metadata\.password: .* by its name") as raised:
        checked({"metadata": {"password": "hunter2"}}, policy="refuse")
    assert "hunter2" not in str(raised.value)


def test_allow_looks_at_nothing() -> None:
    payload = {"metadata": {"password": "hunter2"}, "note": KNOWN["Linear"]}
    assert checked(payload, policy="allow") is payload


def test_a_payload_that_holds_itself_is_refused_at_once() -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    with pytest.raises(InvalidEvent, match="nested too deeply"):
        checked({"metadata": endless})


def test_what_is_kept_anyway_loses_what_is_too_deep_to_be_looked_at() -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = {"a": deep}
    kept = SecretGuard().cleaned(an_event({"metadata": deep, "note": "Fine"}), DECLARING).additional
    assert kept == {"metadata": deep, "note": "Fine"}  # nothing doubtful is in it
    doubtful = SecretGuard().cleaned(an_event({"metadata": [deep, {"password": "x"}]}), DECLARING)
    assert doubtful.additional == {"metadata": REMOVED}


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 20_000,
        "eyJaaaaaaaa." * 5_000,
        "://a:" * 12_000,
        "-----BEGIN " * 5_000,
        "pypi-AgE" * 8_000,
        "Bearer " * 9_000,
        "A1a" * 20_000,
        "://" + "a" * 60_000,
        "://a:b" * 12_000,
        "://a:/" * 12_000,
        "://" + "a:@" * 20_000,
        ":\\/\\/a:" * 8_000,
        "sk-" * 20_000,
        "xoxb-" * 12_000,
        "_eyJaaaaaaaaaaaa" * 4_000,
        "xai-" * 16_000,
        "token=" * 10_000,
        "session='b" * 6_000,
        "password=[" * 6_000,
        'token=\\"' * 7_000,
        "token=f('" * 7_000,
        "token=[b'" * 7_000,
        "token=" + "a(" * 20_000,
        "token={" + "'{" * 20_000,
        "token=[" + '\\"[' * 15_000,
        "token=“" * 8_000,
        "%22token%22%3A[" * 4_000,
        "&quot;:" * 8_000,
        "password=" + ")" * 60_000,
        "password=" + "," * 60_000,
        *(
            "\\\\n" * 30_000,
            "%25" * 20_000,
            "&amp;" * 12_000,
            "\x1b[32m" * 12_000,
            "\\" * 60_000,
            "&#61;" * 12_000,
        ),
        *("Bearer 1" + "a" * 60_000, "://a'" * 12_000, "postgres://a:b'" * 4_000, "'https://a:b'c" * 4_000),
        *("пароль=" * 8_000, "Basic YWRt" * 6_000, "machine a login b password " * 2_000, "5K" * 30_000),
        *("token={'version':'1.0'," * 2_500, "pwd=" + "/a" * 30_000, "token=" + "1.0," * 15_000),
    ],
    ids=lambda text: text[:12],
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    began = time.process_time()
    checked({"note": text})
    assert (
        time.process_time() - began < 0.5
    )  # some forty times of what it takes; a quadratic search takes minutes


@given(st.dictionaries(st.text(max_size=12), st.recursive(st.text() | st.integers() | st.none(), st.lists)))
def test_no_payload_breaks_it_and_it_has_nothing_left_to_remove(payload: dict[str, Any]) -> None:
    once = SecretGuard(key="k" * 32).cleaned(an_event(payload), a_kind())
    assert SecretGuard(key="k" * 32).cleaned(once, a_kind()) == once


@pytest.mark.parametrize("is_kept", [True, False])
def test_two_keys_that_become_the_same_mark_keep_both_values(*, is_kept: bool) -> None:
    one, other = "redis://:pw1@cache/0", "redis://:pw2@cache/0"
    for payload in ({one: 1, other: 2}, {"metadata": {one: 1, other: 2}}):
        event = an_event(payload)
        guard = SecretGuard()
        found = (guard.cleaned if is_kept else guard.checked)(event, a_kind("metadata")).additional
        assert sorted(found.get("metadata", found).values()) == [1, 2]
