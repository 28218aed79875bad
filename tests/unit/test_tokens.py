"""Tokens prove who a viewer is, and nothing else does."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.validation.arguments import id_of
from trailkeeper.views.errors import InvalidToken
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import LONGEST_TOKEN, mint, token_id, verify
from trailkeeper.views.viewer import Viewer

SECRET = "a secret of more than thirty-two characters"
SETTINGS = ViewsSettings(token_secret=SECRET)
JOE = Viewer(user_id="u1", projects={"p1": "owner", "p2": "maintainer"}, organizations={"o1": "owner"})


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token, changed; None leaves one out."""
    found = {"aud": "trailkeeper", "exp": datetime.now(UTC) + timedelta(minutes=5), "sub": "u1"} | changes
    return {name: value for name, value in found.items() if value is not None}


def signed(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def reason(token: str, settings: ViewsSettings = SETTINGS) -> str:
    with pytest.raises(InvalidToken) as caught:
        verify(settings, token)
    return caught.value.reason


@pytest.mark.parametrize("viewer", [JOE, Viewer(staff=True), Viewer(user_id="s1", staff=True), Viewer()])
def test_a_minted_token_says_who_it_was_minted_for(viewer: Viewer) -> None:
    assert verify(SETTINGS, mint(SETTINGS, viewer, 60)) == viewer


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": datetime.now(UTC) - timedelta(minutes=1)}, "expired"),
        ({"nbf": datetime.now(UTC) + timedelta(days=1)}, "not_yet_valid"),  # made long before it is run
        ({"aud": "another"}, "wrong_audience"),
        ({"aud": None}, "missing_claim"),
        ({"exp": None}, "missing_claim"),
        ({"exp": "soon"}, "malformed"),
        ({"sub": 7}, "malformed"),
        ({"sub": ""}, "malformed"),
        ({"sub": "a\0b"}, "malformed"),
        ({"sub": "\ud800"}, "malformed"),
        ({"sub": "x" * 256}, "malformed"),
        ({"staff": "yes"}, "malformed"),
        ({"staff": 1}, "malformed"),
        ({"projects": ["p1"]}, "malformed"),
        ({"projects": {"p1": "god"}}, "malformed"),
        ({"projects": {"a\0": "owner"}}, "malformed"),
        ({"organizations": {"o1": None}}, "malformed"),
    ],
)
def test_a_token_that_is_signed_but_wrong_is_refused_with_a_reason(
    changes: dict[str, Any], expected: str
) -> None:
    assert reason(signed(**changes)) == expected


def test_a_clock_may_be_a_few_seconds_off() -> None:
    assert verify(SETTINGS, signed(exp=datetime.now(UTC) - timedelta(seconds=3))).user_id == "u1"


def test_claims_that_we_do_not_know_do_not_matter() -> None:
    assert verify(SETTINGS, signed(name="Joe", scope="x")) == Viewer(user_id="u1")


def test_a_token_signed_with_another_secret_is_forged() -> None:
    assert reason(signed(SECRET + "!")) == "forged"


def test_a_token_whose_claims_were_changed_is_forged() -> None:
    head, _, tail = signed().split(".")
    claimed = base64.urlsafe_b64encode(json.dumps(claims(exp=9_999_999_999, staff=True)).encode())
    assert reason(f"{head}.{claimed.decode().rstrip('=')}.{tail}") == "forged"


def test_an_unsigned_token_is_forged() -> None:
    assert reason(jwt.encode(claims(), "", algorithm="none")) == "forged"


def test_another_algorithm_with_the_same_secret_is_forged() -> None:
    assert reason(jwt.encode(claims(), SECRET * 2, algorithm="HS512")) == "forged"


def test_an_overlong_token_is_refused_before_it_is_looked_at() -> None:
    assert reason("." * (LONGEST_TOKEN + 1)) == "too_long"


def test_a_viewer_with_too_many_roles_gets_no_token() -> None:
    crowd = Viewer(user_id="u1", projects={f"project-{number}": "owner" for number in range(500)})
    with pytest.raises(ValueError, match="expected fewer roles"):
        mint(SETTINGS, crowd, 60)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 400 * 86_400])
def test_a_token_lives_for_a_while_and_no_longer_than_a_year(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected up to a year"):
        mint(SETTINGS, JOE, seconds)


def test_a_viewer_whose_id_no_history_could_have_gets_no_token() -> None:
    with pytest.raises(ValueError, match="would not be accepted"):
        mint(SETTINGS, Viewer(user_id="\ud800"), 60)


def test_a_long_id_is_cut_as_in_events_so_that_its_owner_finds_them() -> None:
    viewer = Viewer(user_id="x" * 300)
    assert verify(SETTINGS, mint(SETTINGS, viewer, 60)).user_id == id_of("user", "x" * 300)


@given(
    st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_whatever_is_given_for_a_token_is_refused_and_breaks_nothing(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}", f"{signed().partition('.')[0]}.{text}.x"):
        assert reason(token) in {"malformed", "forged"}


def test_json_nested_beyond_measure_is_refused() -> None:
    head = base64.urlsafe_b64encode(b"[" * 6000).decode()
    assert reason(f"{head}.e30.x") == "malformed"


def test_an_issuer_is_asked_for_where_one_is_set() -> None:
    strict = ViewsSettings(token_secret=SECRET, token_issuer="app")
    assert verify(strict, mint(strict, JOE, 60)) == JOE
    assert reason(signed(), strict) == "missing_claim"
    assert reason(signed(iss="other"), strict) == "wrong_issuer"


def pem(folder: Path, key: Any) -> str:
    file = folder / "key.pem"
    file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(file)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(65537, 2048), "RS256"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
    ids=["rsa", "p-256", "p-384", "ed25519"],
)
def test_a_public_key_verifies_with_the_algorithm_of_its_kind(
    key: Any, algorithm: str, tmp_path: Path
) -> None:
    settings = ViewsSettings(token_public_key=pem(tmp_path, key))
    assert verify(settings, signed(key, algorithm)) == Viewer(user_id="u1")
    assert reason(signed(), settings) == "forged"
    with pytest.raises(SettingsError, match="TRAILKEEPER_TOKEN_SECRET is not set"):
        mint(settings, JOE, 60)


def test_a_public_key_is_never_taken_for_a_secret(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    settings = ViewsSettings(token_public_key=pem(tmp_path, key))
    public = Path(settings.token_public_key or "").read_bytes()
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims(exp=9_999_999_999))
    )
    code = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    tail = base64.urlsafe_b64encode(code.sign(f"{head}.{body}".encode(), public)).decode().rstrip("=")
    assert reason(f"{head}.{body}.{tail}", settings) == "forged"


def _private(key: Any) -> bytes:
    raw: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return raw


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"not a key",
        _private(ed25519.Ed25519PrivateKey.generate()),
        rsa.generate_private_key(65537, 1024)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["missing", "empty", "text", "private", "small"],
)
def test_a_file_without_a_usable_key_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"TRAILKEEPER_TOKEN_PUBLIC_KEY is .*key\.pem.*expected a PEM"):
        verify(ViewsSettings(token_public_key=str(file)), signed())


def test_one_key_is_needed_and_two_are_too_many() -> None:
    with pytest.raises(SettingsError, match="neither is set; expected one"):
        verify(ViewsSettings(), signed())
    with pytest.raises(SettingsError, match="both are set; expected one"):
        verify(ViewsSettings(token_secret=SECRET, token_public_key="x"), signed())


def test_tokens_of_before_a_time_are_refused_and_later_ones_taken() -> None:
    now = datetime.now(UTC)
    strict = msgspec.structs.replace(SETTINGS, token_not_before=now)
    assert reason(signed(iat=now - timedelta(seconds=2)), strict) == "revoked"
    assert reason(signed(), strict) == "revoked"  # it does not say when it was issued
    assert verify(strict, signed(iat=now + timedelta(seconds=2))).user_id == "u1"


def test_a_single_token_is_refused_by_its_id() -> None:
    stolen, other = mint(SETTINGS, JOE, 60), mint(SETTINGS, JOE, 60)
    strict = msgspec.structs.replace(SETTINGS, revoked_tokens=(token_id(stolen),))
    assert reason(stolen, strict) == "revoked"
    assert verify(strict, other) == JOE
    assert verify(strict, signed()).user_id == "u1"  # one without an id cannot be named
