"""From the call of `emit` until another connection sees the row, one event at a time on an idle machine."""

from __future__ import annotations

import time
from random import Random
from uuid import UUID

from sqlalchemy import Connection, text

from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.event import Event

from .data import events
from .machine import STREAM, Machine
from .results import Results
from .timing import percentile, until
from .workers import OURS, worker

WARM_UP = 20
LOOK_SECONDS = 0.001
A_MOMENT = 0.15
"""Seconds at most between two events: a random time, so that no event knows when the worker looks."""

VISIBLE = text("SELECT 1 FROM events WHERE scope = :scope AND id = :id")


def latency(machine: Machine) -> Results:
    """The 50th and 99th percentile in milliseconds."""
    machine.say("latency")
    machine.client.flushall()
    machine.empty("ours")
    emitter = Emitter(ProducerSettings(redis_url=machine.redis_url, stream=STREAM))
    with (
        machine.connection("ours") as connection,
        worker(machine.home, machine.environment("ours"), OURS),
    ):
        taken = each(emitter, connection, machine.scale.latencies + WARM_UP)[WARM_UP:]
    emitter.close()
    return {"latency_ms": {"p50": _ms(taken, 50), "p99": _ms(taken, 99), "max": _ms(taken, 100)}}


def each(emitter: Emitter, connection: Connection, count: int) -> list[float]:
    """Seconds that each of several events took, one at a time."""
    random = Random(count)
    taken = []
    for event in events(count):
        time.sleep(random.random() * A_MOMENT)
        began = time.perf_counter()
        event_id = _emit(emitter, event)
        scope = _scope(emitter, event)
        until(lambda: _visible(connection, scope, event_id), f"{event_id} is stored", pause=LOOK_SECONDS)  # noqa: B023 - called at once
        taken.append(time.perf_counter() - began)
    return taken


def _emit(emitter: Emitter, event: Event) -> UUID:
    return emitter.emit(
        event.tag,
        user=event.user,
        project=event.project,
        organization=event.organization,
        actor=event.actor,
        additional=event.additional,
    )


def _scope(emitter: Emitter, event: Event) -> str:
    kind = emitter.catalogue.get(event.tag)
    assert kind is not None
    return kind.scope


def _visible(connection: Connection, scope: str, event_id: UUID) -> bool:
    return connection.scalar(VISIBLE, {"scope": scope, "id": event_id}) is not None


def _ms(seconds: list[float], percent: int) -> float:
    found = max(seconds) if percent == 100 else percentile(seconds, percent)
    return round(found * 1000, 1)
