"""One batch is written while the next is made ready: in order, and nothing is lost where one fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.worker.drain.batches import Committed
from trailkeeper.worker.drain.write_pipeline import WritePipeline
from trailkeeper.worker.ingest.fates import Report
from trailkeeper.worker.ingest.messages import IncomingMessage

SECONDS = 10.0


class Steps:
    """A batch that only notes what is done with it, and fails where it is told to."""

    def __init__(self, **failures: Exception) -> None:
        self.done: list[str] = []
        self.prepared = threading.Semaphore(0)
        self._failures = failures

    def prepare(self, messages: Sequence[IncomingMessage]) -> Any:
        self._do("prepare", messages)
        self.prepared.release()
        return messages

    def commit(self, messages: Sequence[IncomingMessage], prepared: Any, *, fresh: bool) -> Committed:
        assert fresh
        assert messages == prepared
        self._do("write", prepared)
        return Committed([prepared[0].stream_id], Report(stored=1), {})

    def acknowledge(self, committed: Committed) -> Report:
        self.done.append(f"acknowledge_{committed.stream_ids[0]}")
        return committed.report

    def _do(self, what: str, messages: Sequence[IncomingMessage]) -> None:
        step = f"{what}_{messages[0].stream_id}"
        self.done.append(step)
        if step in self._failures:
            raise self._failures[step]


def run(steps: Any, *names: str) -> Report:
    with WritePipeline(steps) as pipeline:
        for name in names:
            pipeline.add([IncomingMessage(name, b"", None, {})])
    return pipeline.report


def test_every_batch_is_written_and_then_acknowledged_in_its_order_before_the_end() -> None:
    steps = Steps()
    assert run(steps, "a", "b", "c").stored == 3
    for what in ("write", "acknowledge"):
        found = [step for step in steps.done if step.startswith(what)]
        assert found == [f"{what}_a", f"{what}_b", f"{what}_c"]
    assert all(steps.done.index(f"write_{name}") < steps.done.index(f"acknowledge_{name}") for name in "abc")


def test_the_next_is_made_ready_while_one_is_written() -> None:
    class Slow(Steps):
        def commit(self, messages: Sequence[IncomingMessage], prepared: Any, *, fresh: bool) -> Committed:
            if prepared[0].stream_id == "a":
                # its own preparation, and that of the next, which no wait for the writing may stand before
                assert all(self.prepared.acquire(timeout=SECONDS) for _ in "ab")
            return super().commit(messages, prepared, fresh=fresh)

    assert run(Slow(), "a", "b").counts() == {"stored": 2}


@pytest.mark.parametrize("step", ["prepare_b", "write_b"])
def test_where_postgres_is_away_nothing_after_it_is_written(step: str) -> None:
    steps = Steps(**{step: StoreUnavailable("away")})
    with pytest.raises(StoreUnavailable):
        run(steps, "a", "b", "c")
    assert "write_a" in steps.done
    assert "write_c" not in steps.done
