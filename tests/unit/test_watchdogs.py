"""A thread of the worker that watches something survives whatever fails, says so once, and tries again."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.drains import settings_for
from tests.support.waiting import until
from trailkeeper.models import outbox
from trailkeeper.worker import full_redis_drain
from trailkeeper.worker.full_redis_drain import FullRedisDrain
from trailkeeper.worker.outage import Outage
from trailkeeper.worker.relay import OutboxPoller

URL = "postgresql+psycopg2://127.0.0.1:1/none"
FAILURES = [OSError(24, "Too many open files"), MemoryError("no memory"), RuntimeError("no thread")]


class Failing:
    """Raises at its first two calls."""

    def __init__(self, error: Exception) -> None:
        self.count = 0
        self._error = error

    def __call__(self, *_: Any, **__: Any) -> int:
        self.count += 1
        if self.count <= 2:
            raise self._error
        return 7


@pytest.mark.parametrize("error", FAILURES)
def test_what_relieves_a_full_redis_goes_on_after_any_failure_also_at_its_start(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(full_redis_drain, "settings", lambda: settings_for("redis://127.0.0.1:1/0", URL))
    monkeypatch.setattr(full_redis_drain, "all_take_writes", lambda _: False)
    monkeypatch.setattr(full_redis_drain, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(full_redis_drain, "_outage", Outage(full_redis_drain.logger, "relieve Redis"))
    monkeypatch.setattr(subprocess, "run", run := Failing(error))
    queues = SimpleNamespace(consume_from={"ingest"})
    worker = SimpleNamespace(hostname="here", app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)))
    step = FullRedisDrain(worker)
    step.start(worker)
    try:
        until(lambda: run.count > 3, 10, "it tries again and again")
    finally:
        step.stop(worker)
    assert [line for line in caplog.messages if "cannot" in line] == [f"cannot relieve Redis: {error}"]


@pytest.mark.parametrize("error", FAILURES)
def test_what_watches_the_outbox_goes_on_after_any_failure(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "waiting", Failing(error))
    watch = OutboxPoller(settings_for("redis://none", URL, outbox_ms=50, dispatch_ms=10), most=10)
    watch.start()
    try:
        until(lambda: watch.waiting() == 7, 10, "it has looked again")
    finally:
        watch.stop()
    assert caplog.messages == [f"cannot read the outbox: {error}"]
