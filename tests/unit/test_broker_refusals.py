"""What Redis refuses counts for Celery as a connection that is no good; the next begins with a question."""

from __future__ import annotations

import pytest
import redis
from redis import exceptions

from trailkeeper.worker import broker_refusals
from trailkeeper.worker.broker import TolerantSentinelTransport, TolerantTransport
from trailkeeper.worker.broker_refusals import LONGEST, SHORTEST, SOON_SECONDS, BrokerRefused, Refusals


class Clock:
    """Stands for the time."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(broker_refusals, "time", clock)
    return clock


def refuse(refusals: Refusals) -> None:
    with pytest.raises(BrokerRefused), refusals.translated():
        raise redis.ResponseError("NOREPLICAS Not enough good replicas to write.")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        exceptions.NoPermissionError("this user has no permissions to run the 'brpop' command"),
        exceptions.MasterDownError("Link with MASTER is down"),
        exceptions.ExecAbortError("Transaction discarded because of previous errors."),
        redis.ResponseError("NOREPLICAS Not enough good replicas to write."),
        redis.ResponseError("MISCONF Errors writing to the AOF file"),
        redis.ResponseError("BUSY Redis is busy running a script."),
        redis.ResponseError("unknown command 'BRPOP'"),
    ],
)
def test_every_refusal_is_an_error_of_the_connection(error: redis.ResponseError) -> None:
    with pytest.raises(BrokerRefused, match="Redis refuses") as refused, Refusals().translated():
        raise error
    for transport in (TolerantTransport, TolerantSentinelTransport):
        assert isinstance(refused.value, transport.connection_errors)


@pytest.mark.parametrize(
    "error",
    [
        redis.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        exceptions.NoScriptError("No matching script."),
        redis.ConnectionError("away"),
        ValueError("no JSON"),
    ],
)
def test_whatever_is_no_refusal_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, Refusals().translated():
        raise error
    assert raised.value is error


def test_nothing_is_asked_where_nothing_was_refused() -> None:
    Refusals().ask(lambda: pytest.fail("it was asked"))


def test_after_a_refusal_nobody_connects_before_the_pause_is_over_and_the_question_answered(
    clock: Clock,
) -> None:
    refusals, asked = Refusals(), list[float]()
    refuse(refusals)
    with pytest.raises(BrokerRefused, match="NOREPLICAS"):
        refusals.ask(lambda: asked.append(clock.now))
    assert asked == []
    clock.now += SHORTEST
    with pytest.raises(BrokerRefused):
        refusals.ask(lambda: refuse_again(refusals))
    refusals.ask(lambda: asked.append(clock.now))
    refusals.ask(lambda: asked.append(clock.now))
    assert len(asked) == 1


def refuse_again(refusals: Refusals) -> None:
    with refusals.translated():
        raise redis.ResponseError("NOREPLICAS Not enough good replicas to write.")


def test_what_the_question_does_not_show_is_tried_less_and_less_often(clock: Clock) -> None:
    refusals, pauses = Refusals(), list[float]()
    for _ in range(7):
        refuse(refusals)
        began = clock.now
        while True:
            try:
                refusals.ask(lambda: None)
                break
            except BrokerRefused:
                clock.now += SHORTEST
        pauses.append(clock.now - began)
    assert pauses == [1, 2, 4, 8, 16, LONGEST, LONGEST]
    clock.now += SOON_SECONDS
    refuse(refusals)
    clock.now += SHORTEST
    refusals.ask(lambda: None)
