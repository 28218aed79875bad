"""Secrets in `additional` on their way through `emit` and through the worker's judge."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.support.emitting import SPOOLED, Counter, an_emitter
from tests.support.judging import a_judge
from trailkeeper import Event, InvalidEvent
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.secrets import REMOVED
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


def test_the_worker_cleans_what_other_producers_wrote() -> None:
    now = datetime.now(UTC)
    kind = EventType(tag=SPOOLED, scope="project", sentence="x", payload={"version": "string"})
    event = Event(id=uuid7(now), tag=SPOOLED, occurred_at=now, additional={**SECRETIVE, "otp": 123456})
    raw = msgspec.json.encode({**msgspec.json.decode(encode(event)), "new_key": {"cookie": "a=b"}})
    verdict = a_judge(Catalogue([kind])).judge(IncomingMessage("1-0", raw, None, {b"e": raw}), now)
    assert isinstance(verdict, Accepted)
    assert verdict.event.additional == {**CLEAN, "otp": REMOVED}
    assert verdict.extras == {"new_key": {"cookie": REMOVED}}
