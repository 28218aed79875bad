"""What a request pays for `emit`, beside a bare round trip, redis-py's XADD and sending a Celery task.

Blocks of calls take turns, so that whatever else the machine does meets all alike, in another
order each time and none right after the emptying between two rounds: whatever came there
found the processor awake, and took 14 µs less.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from statistics import median

import msgspec
import redis
from msgspec.structs import replace

from trailkeeper import Emitter, ProducerSettings, RequestContext, batch
from trailkeeper.producer.event import Event
from trailkeeper.producer.message import Message
from trailkeeper.producer.wire import encode
from trailkeeper.worker.celery import app

from .data import unsent
from .machine import STREAM, Machine
from .results import Results
from .timing import each_timed

Call = Callable[[], object]
KEY = "benchmark:0123456789abcdef0123456789abcdef"
QUEUE = "maintenance"  # nobody takes from it here
SAMPLES = 500
FINER = 2
"""So many more turns of so many fewer calls: what the machine does changes from second to second."""


def emit(machine: Machine) -> Results:
    """Medians of the calls in microseconds, and their ratios."""
    machine.say("emit, PING, XADD and send_task")
    client = redis.Redis.from_url(machine.redis_url)
    settings = ProducerSettings(redis_url=machine.redis_url, stream=STREAM, spool="off")
    emitter, signing = Emitter(settings), Emitter(replace(settings, signing_key=KEY))
    bare = Emitter(settings)
    bare._stamper = Bare()  # type: ignore[assignment]  # to see what number and signature cost, without them
    found = _measure(machine, _calls(machine, client, emitter, signing, bare))
    for each in (emitter, signing, bare):
        each.close()
    client.close()
    return found | {
        "signed_vs_plain": round(found["emit_signed_us"] / found["emit_plain_us"], 3),
        "emit_vs_round_trip": round(found["emit_us"] / found["round_trip_us"], 3),
        "emit_vs_xadd": round(found["emit_us"] / found["xadd_us"], 3),
        "batch3_vs_one": round(found["emit_three_in_a_batch_us"] / found["emit_us"], 3),
        "send_task_vs_emit": round(found["send_task_us"] / found["emit_us"], 3),
    }


class Bare:
    """Neither numbers nor signs."""

    def stamp(self, message: Message) -> Message:
        """The message as it is."""
        return message

    def mark_unused(self, message: Message) -> None:
        """Nobody counts."""


def _calls(
    machine: Machine, client: redis.Redis, emitter: Emitter, signing: Emitter, bare: Emitter
) -> dict[str, Call]:
    app.conf.update(broker_url=machine.redis_url)
    samples = list(unsent(SAMPLES))
    emits, signeds, bares = (
        itertools.cycle([_emit_of(each, event) for event in samples]) for each in (emitter, signing, bare)
    )
    payloads = itertools.cycle([encode(event) for event in samples])
    tasks = itertools.cycle([msgspec.to_builtins(event) for event in samples])
    return {
        "round_trip_us": client.ping,
        "emit_us": lambda: _run(next(emits)),
        "emit_three_in_a_batch_us": lambda: _run_together(next(emits), next(emits), next(emits)),
        "emit_signed_us": lambda: _run(next(signeds)),
        "emit_plain_us": lambda: _run(next(bares)),
        "xadd_us": lambda: client.xadd("benchmark", {"e": next(payloads)}),
        "send_task_us": lambda: app.send_task("benchmark", args=[next(tasks)], queue=QUEUE),
    }


def _run(call: Call) -> object:
    return call()


def _run_together(*calls: Call) -> None:
    with batch():
        for call in calls:
            call()


def _emit_of(emitter: Emitter, event: Event) -> Call:
    """The call that makes such an event, in a request."""
    request = RequestContext(ip=event.ip, user_agent=event.user_agent, request_id=event.request_id)
    return lambda: emitter.emit(
        event.tag,
        user=event.user,
        project=event.project,
        organization=event.organization,
        actor=event.actor,
        additional=event.additional,
        request=request,
    )


def _measure(machine: Machine, calls: dict[str, Call]) -> Results:
    medians: dict[str, list[float]] = {name: [] for name in calls}
    order = random.Random(0)
    for block in range(machine.scale.blocks * FINER + 1):
        for name in order.sample(list(calls), len(calls)):
            taken = median(each_timed(calls[name], machine.scale.calls // FINER))
            if block:  # the first is warm-up
                medians[name].append(taken)
        machine.client.delete(STREAM, "benchmark")
        _purge()
        each_timed(machine.client.ping, machine.scale.calls)  # nobody is to come right after the emptying
    return {name: round(median(found) * 1e6, 1) for name, found in medians.items()}


def _purge() -> None:
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge(QUEUE)
