"""What is got ready ahead is taken once, by whom it is for, while it is fresh; without it nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool, create_engine

from trailkeeper.worker.backfills.prefetch import Prefetch

SECONDS = 10.0


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def ahead(clock: Time) -> Iterator[Prefetch[str]]:
    found: Prefetch[str] = Prefetch(create_engine("sqlite://", poolclass=NullPool), 5.0, clock)
    yield found
    found.close()


def test_what_was_begun_is_taken_once(ahead: Prefetch[str]) -> None:
    ahead.begin("a", lambda _: "ready")
    assert ahead.take("a") == "ready"
    assert ahead.take("a") is None


def test_it_is_got_ready_while_others_go_on(ahead: Prefetch[str]) -> None:
    may_end = threading.Event()
    ahead.begin("a", lambda _: "ready" if may_end.wait(SECONDS) else "too late")
    may_end.set()
    assert ahead.take("a") == "ready"


def test_what_is_for_somebody_else_is_thrown_away(ahead: Prefetch[str]) -> None:
    ahead.begin("a", lambda _: "ready")
    assert ahead.take("b") is None
    assert ahead.take("a") is None


def test_what_waited_too_long_is_thrown_away(ahead: Prefetch[str], clock: Time) -> None:
    ahead.begin("a", lambda _: "ready")
    clock.now = 5.1
    assert ahead.take("a") is None


def test_the_last_that_was_begun_counts(ahead: Prefetch[str]) -> None:
    ahead.begin("a", lambda _: "first")
    ahead.begin("a", lambda _: "second")
    assert ahead.take("a") == "second"


def test_what_failed_is_as_if_it_had_never_been_begun(
    ahead: Prefetch[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> str:
        raise ValueError("away")

    with caplog.at_level("INFO"):
        ahead.begin("a", fail)
        assert ahead.take("a") is None
    assert "could not prepare a chunk" in caplog.text
