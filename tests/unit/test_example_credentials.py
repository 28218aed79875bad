"""The example application's passwords, codes and limits."""

from __future__ import annotations

import base64

import pytest

from trailkeeper.examples.package_index.one_time_codes import STEP, accepted_step, code_at
from trailkeeper.examples.package_index.passwords import hashed, is_compromised, matches
from trailkeeper.examples.package_index.rate_limit import Attempt, RateLimit

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    assert code_at(SECRET, moment // STEP) == code


def test_a_code_works_once() -> None:
    step = accepted_step(SECRET, "287082", now=59, after=0)
    assert step == 1
    assert accepted_step(SECRET, "287082", now=59, after=step) is None


def test_a_clock_that_is_a_step_off_is_forgiven_and_two_are_not() -> None:
    assert accepted_step(SECRET, code_at(SECRET, 1), now=2 * STEP, after=0) == 1
    assert accepted_step(SECRET, code_at(SECRET, 1), now=3 * STEP, after=0) is None


@pytest.mark.parametrize("code", ["", "28708", "\N{ARABIC-INDIC DIGIT TWO}87082", "287082 "])
def test_what_is_not_the_code_is_refused(code: str) -> None:
    assert accepted_step(SECRET, code, now=59, after=0) is None


def test_only_the_password_matches_what_was_made_from_it() -> None:
    stored = hashed("correct horse", cost=2)
    assert "horse" not in stored
    assert matches("correct horse", stored, cost=2)
    assert not matches("correct Horse", stored, cost=2)
    assert not matches("correct horse", None, cost=2)


def test_notorious_passwords_are_known_in_any_case() -> None:
    assert is_compromised("PassWord123")
    assert not is_compromised("alice has a long memory")


def test_the_limit_holds_for_each_key_and_starts_anew_when_forgotten() -> None:
    limit = RateLimit(2, 300.0)
    assert limit.attempt("name a", "address 1") is Attempt.ALLOWED
    assert limit.attempt("name a", "address 2") is Attempt.ALLOWED
    assert limit.attempt("name a", "address 3") is Attempt.REFUSED_FIRST
    assert limit.attempt("name a", "address 4") is Attempt.REFUSED_AGAIN
    assert limit.attempt("name b", "address 4") is Attempt.ALLOWED
    limit.forget("name a")
    assert limit.attempt("name a", "address 5") is Attempt.ALLOWED
