"""Pool processes that died are replaced soon, and no longer looked after once the consumer stops."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from trailkeeper.worker.celery import app
from trailkeeper.worker.replacer import Replacer


class FakeConsumer:
    """A timer that only remembers, and a pool that counts how often it was to look after its processes."""

    def __init__(self) -> None:
        self.looks = 0
        self.timers: dict[float, Callable[[], None]] = {}
        self.pool = SimpleNamespace(maintain_pool=self._look)
        self.timer = SimpleNamespace(call_repeatedly=self._call_repeatedly)

    def _look(self) -> None:
        self.looks += 1

    def _call_repeatedly(self, seconds: float, call: Callable[[], None]) -> SimpleNamespace:
        self.timers[seconds] = call
        return SimpleNamespace(cancel=lambda: self.timers.pop(seconds))


def test_the_pool_looks_after_its_processes_every_second_until_the_consumer_stops() -> None:
    consumer = FakeConsumer()
    replacer = Replacer(consumer)
    replacer.start(consumer)
    assert consumer.looks == 0
    consumer.timers[1.0]()
    assert consumer.looks == 1

    replacer.stop(consumer)
    assert consumer.timers == {}
    replacer.stop(consumer)


def test_a_worker_has_it() -> None:
    assert Replacer in app.steps["consumer"]
