"""Events stored a second by a real worker, beside a task an event and beside COPY; and how large they are."""

from __future__ import annotations

from statistics import median

import msgspec
from celery import Celery
from sqlalchemy import text

from .machine import Machine
from .peers import QUEUE, TASK
from .peers.copying import copy_rate, stored_rows
from .results import Results
from .size import size
from .streaming import fill, waiting
from .timing import rate_between
from .workers import OURS, TASK_AN_EVENT, worker

WARM_UP = 0.1
"""This part is stored before the clock starts: the worker starts, connects and fills its caches."""

COUNT = text("SELECT count(*) FROM events")


def store(machine: Machine) -> Results:
    """Medians of each contestant's rounds, one after another in each round."""
    ours, copied, tasks, sizes = [], [], [], []
    batches: list[bytes] = []
    for number in range(1, machine.scale.rounds + 1):
        machine.say(f"store: round {number} of {machine.scale.rounds}")
        machine.empty("ours")
        before = size(machine).whole
        ours.append(_ours(machine))
        sizes.append((size(machine).whole - before) / machine.scale.events)
        batches = batches or stored_rows(machine)
        copied.append(copy_rate(machine, batches))
        tasks.append(_task_an_event(machine))
    stored, task, copy = median(ours), median(tasks), median(copied)
    return {
        "store_events_per_second": round(stored),
        "celery_task_events_per_second": round(task),
        "copy_events_per_second": round(copy),
        "store_vs_celery_task": round(stored / task, 2),
        "store_vs_copy": round(stored / copy, 3),
        "bytes_per_event": round(median(sizes)),
        "store_rounds": {
            "ours": [round(rate) for rate in ours],
            "copy": [round(rate) for rate in copied],
            "celery_task": [round(rate) for rate in tasks],
        },
    }


def _ours(machine: Machine) -> float:
    machine.client.flushall()
    fill(machine.client, machine.payloads)
    total = machine.scale.events
    with worker(machine.home, machine.environment("ours"), OURS):
        return rate_between(lambda: total - waiting(machine.client), int(total * WARM_UP), total)


def _task_an_event(machine: Machine) -> float:
    machine.client.flushall()
    machine.empty("task")
    total = machine.scale.task_events
    _send_tasks(machine, total)
    with (
        machine.connection("task") as connection,
        worker(machine.home, machine.environment("task"), TASK_AN_EVENT),
    ):
        return rate_between(
            lambda: int(connection.scalar(COUNT) or 0), int(total * WARM_UP), total, pause=0.02
        )


def _send_tasks(machine: Machine, total: int) -> None:
    with Celery("sender", broker=machine.redis_url, task_default_queue=QUEUE) as app:
        for event in machine.events[-total:]:
            app.send_task(TASK, args=[msgspec.to_builtins(event)])
