"""Events stored a second by a real worker, beside a task an event and beside COPY; and how large they are."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median

import msgspec
from celery import Celery
from msgspec.structs import replace
from sqlalchemy import text

from trailkeeper.producer.event import Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.settings import variable
from trailkeeper.producer.stream_keys import pause_key
from trailkeeper.producer.wire import encode

from .data import events
from .machine import STREAM, Machine
from .peers import QUEUE, TASK
from .peers.copying import copy_rate, stored_rows
from .results import Results
from .streaming import fill, settle, waiting
from .timing import rate_between, until
from .workers import OURS, TASK_AN_EVENT, worker

WARM_UP = 0.1
"""This part is stored before the clock starts: connections are made, caches filled."""

FACTS = 0.02
"""The part of the events of a task an event that has facts of its own; the rest repeats them: warm caches."""

COUNT = text("SELECT count(*) FROM events")


def store(machine: Machine) -> Results:
    """Medians of each contestant's rounds, one after another in each round."""
    ours, copied, tasks = [], [], []
    batches: list[bytes] = []
    with _our_worker(machine) as turn:
        for number in range(1, machine.scale.rounds + 1):
            machine.say(f"store: round {number} of {machine.scale.rounds}")
            ours.append(turn())
            batches = batches or stored_rows(machine)
            copied.append(copy_rate(machine, batches))
            tasks.append(_task_an_event(machine))
    with _our_worker(machine, processes=1) as turn:
        alone = [turn() for _ in range(machine.scale.rounds)]
    stored, task, copy = median(ours), median(tasks), median(copied)
    return {
        "store_events_per_second": round(stored),
        "celery_task_events_per_second": round(task),
        "copy_events_per_second": round(copy),
        "store_vs_celery_task": round(stored / task, 2),
        "store_vs_copy": round(stored / copy, 3),
        "store_one_process_events_per_second": round(median(alone)),
        "store_scaling_2_workers": round(stored / median(alone), 2),
        "store_rounds": {
            "ours": [round(rate) for rate in ours],
            "copy": [round(rate) for rate in copied],
            "celery_task": [round(rate) for rate in tasks],
        },
    }


@contextmanager
def _our_worker(machine: Machine, processes: int = 2) -> Iterator[Callable[[], float]]:
    """A worker that has been at work for a while, and rests between its turns."""
    machine.say("store: a worker warms up")
    machine.client.flushall()
    machine.empty("ours")
    with worker(machine.home, machine.environment("ours"), OURS, processes):
        fill(machine.client, map(encode, events(machine.scale.events, others=True)))
        until(lambda: waiting(machine.client) == 0, "the warm-up is stored")
        _ours(machine)  # its caches know the facts, as the peer's do
        yield lambda: _ours(machine)


def _ours(machine: Machine) -> float:
    total = machine.scale.events
    machine.empty("ours")
    machine.client.set(pause_key(STREAM), "")
    fill(machine.client, machine.payloads)
    settle(machine.client)
    machine.client.delete(pause_key(STREAM))
    return rate_between(lambda: total - waiting(machine.client), int(total * WARM_UP), total)


def _task_an_event(machine: Machine) -> float:
    machine.empty("task")
    total = machine.scale.task_events
    environment = machine.environment("task", redis_database=1)
    _send_tasks(environment[variable("redis_url")], _for_tasks(machine))
    with (
        machine.connection("task") as connection,
        worker(machine.home, environment, TASK_AN_EVENT),
    ):
        return rate_between(
            lambda: int(connection.scalar(COUNT) or 0), int(total * WARM_UP), total, pause=0.02
        )


def _for_tasks(machine: Machine) -> list[Event]:
    total = machine.scale.task_events
    facts = itertools.cycle(machine.events[: max(1, int(total * FACTS))])
    return [
        replace(next(facts), id=uuid7(event.occurred_at), occurred_at=event.occurred_at)
        for event in machine.events[-total:]
    ]


def _send_tasks(url: str, found: Iterable[Event]) -> None:
    with Celery("sender", broker=url, task_default_queue=QUEUE) as app:
        app.connection_for_write().default_channel.client.flushdb()
        for event in found:
            app.send_task(TASK, args=[msgspec.to_builtins(event)])
