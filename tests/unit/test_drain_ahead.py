"""One batch is written while the next is made ready: in order, and nothing is lost where one fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.worker.drain.ahead import Ahead
from trailkeeper.worker.drain.batch import Written
from trailkeeper.worker.drain.messages import Message
from trailkeeper.worker.drain.report import Report

SECONDS = 10.0


class Steps:
    """A batch that only notes what is done with it, and fails where it is told to."""

    def __init__(self, **failures: Exception) -> None:
        self.done: list[str] = []
        self.prepared = threading.Semaphore(0)
        self._failures = failures

    def prepare(self, messages: Sequence[Message]) -> Any:
        self._do("prepare", messages)
        self.prepared.release()
        return messages

    def write(self, prepared: Any, *, fresh: bool) -> Written:
        assert fresh
        self._do("write", prepared)
        return Written([prepared[0].stream_id], Report(stored=1), {})

    def acknowledge(self, written: Written) -> Report:
        self.done.append(f"acknowledge_{written.stream_ids[0]}")
        return written.report

    def narrow(self, messages: Sequence[Message], error: Exception) -> Report:
        self.done.append(f"narrow {messages[0].stream_id}: {error}")
        return Report(dead_lettered=1)

    def _do(self, what: str, messages: Sequence[Message]) -> None:
        step = f"{what}_{messages[0].stream_id}"
        self.done.append(step)
        if step in self._failures:
            raise self._failures[step]


def settle(steps: Any, *names: str) -> Report:
    with Ahead(steps) as ahead:
        for name in names:
            ahead.settle([Message(name, b"", None, {})])
    return ahead.report


def test_every_batch_is_written_and_then_acknowledged_in_its_order_before_the_end() -> None:
    steps = Steps()
    assert settle(steps, "a", "b", "c").stored == 3
    for what in ("write", "acknowledge"):
        found = [step for step in steps.done if step.startswith(what)]
        assert found == [f"{what}_a", f"{what}_b", f"{what}_c"]
    assert all(steps.done.index(f"write_{name}") < steps.done.index(f"acknowledge_{name}") for name in "abc")


def test_the_next_is_made_ready_while_one_is_written() -> None:
    class Slow(Steps):
        def write(self, prepared: Any, *, fresh: bool) -> Written:
            if prepared[0].stream_id == "a":
                # its own preparation, and that of the next, which no wait for the writing may stand before
                assert all(self.prepared.acquire(timeout=SECONDS) for _ in "ab")
            return super().write(prepared, fresh=fresh)

    assert settle(Slow(), "a", "b").counts() == {"stored": 2}


@pytest.mark.parametrize("step", ["prepare_b", "write_b"])
def test_an_error_of_ours_is_narrowed_down_after_what_came_before_and_the_others_go_on(step: str) -> None:
    steps = Steps(**{step: ValueError("ours")})
    assert settle(steps, "a", "b", "c").counts() == {"stored": 2, "dead_lettered": 1}
    assert steps.done.index("acknowledge_a") < steps.done.index("narrow b: ours")


@pytest.mark.parametrize("step", ["prepare_b", "write_b"])
def test_where_postgres_is_away_nothing_after_it_is_written(step: str) -> None:
    steps = Steps(**{step: StoreUnavailable("away")})
    with pytest.raises(StoreUnavailable):
        settle(steps, "a", "b", "c")
    assert "write_a" in steps.done
    assert "write_c" not in steps.done
