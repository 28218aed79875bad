"""What `emit(connection=...)` adds to a transaction, how fast the outbox is relayed, how soon a row is there.

A transaction of one INSERT, with and without an event, takes turns with itself; the bare
statement is the least that any outbox can cost.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from random import Random
from statistics import median

from sqlalchemy import Connection, Engine, event, text

from tests.support.databases import raw_engine
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.wire import encode
from trailkeeper.worker.relay import Relayer

from .data import events
from .machine import STREAM, Machine
from .one_drain import AS_LONG_AS_IT_TAKES
from .results import Results
from .timing import each_timed, percentile, timed, until
from .workers import OURS, worker

MICROSECONDS = 1e6
WARM_UP = 5
A_PART = 7
"""Of so many single events of the benchmark one: each of these takes as many times as long."""
ROUNDS = 3
LOOK_SECONDS = 0.001
A_MOMENT = 1.1
"""Seconds at most between two commits: more than between two looks, so that no commit knows of them."""

ORDER = text("INSERT INTO orders_of_a_shop (what) VALUES ('books')")
PUT = text("INSERT INTO outbox (payload, invalid) VALUES (:payload, NULL)")
FILL = text("INSERT INTO outbox (payload) SELECT unnest(CAST(:payloads AS bytea[]))")
AT_ONCE = 1_000
RELAYED = 20_000
VISIBLE = text("SELECT 1 FROM events WHERE scope = 'user' AND id = :id")


def outbox(machine: Machine) -> Results:
    """Medians in microseconds, statements, events a second, and milliseconds from commit to row."""
    machine.say("the outbox")
    machine.client.flushall()
    machine.empty("ours")
    engine = raw_engine(machine.database_url("ours"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS orders_of_a_shop (id bigserial, what text)"))
        connection.execute(text("TRUNCATE outbox"))
    emitter = Emitter(ProducerSettings(redis_url=machine.redis_url, stream=STREAM, spool="off"))
    try:
        found = _costs(machine, engine, emitter) | _relay(machine, engine)
        return {"outbox": found | _latency(machine, engine, emitter)}
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE orders_of_a_shop"))
        emitter.close()
        engine.dispose()


def _costs(machine: Machine, engine: Engine, emitter: Emitter) -> Results:
    payload = encode(next(iter(events(1))))
    ways: dict[str, Callable[[Connection], object]] = {
        "transaction": lambda _: None,
        "with_bare_insert": lambda connection: connection.execute(PUT, {"payload": payload}),
        "with_emit": lambda connection: _emit(emitter, connection),
    }
    wall: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for block, name in itertools.product(range(machine.scale.blocks // 5 + 2), ways):
        before = os.times()
        taken = each_timed(lambda: _trade(engine, ways[name]), machine.scale.calls)  # noqa: B023 - called at once
        after = os.times()
        if block:  # the first is warm-up
            wall[name].append(median(taken))
            spent[name].append(
                (after.user + after.system - before.user - before.system) / machine.scale.calls
            )
    found = {f"{name}_us": _us(values) for name, values in wall.items()}
    added = median(spent["with_emit"]) - median(spent["transaction"])
    return found | {
        "with_emit_vs_without": round(found["with_emit_us"] / found["transaction_us"], 3),
        "emit_us": round(found["with_emit_us"] - found["transaction_us"], 1),
        "emit_cpu_us": round(added * MICROSECONDS, 1),
        "statements": _statements(engine, ways["with_emit"]) - _statements(engine, ways["transaction"]),
    }


def _trade(engine: Engine, record: Callable[[Connection], object]) -> None:
    with engine.begin() as connection:
        connection.execute(ORDER)
        record(connection)


def _statements(engine: Engine, record: Callable[[Connection], object]) -> int:
    said: list[object] = []

    def count(*given: object) -> None:
        said.append(given)

    event.listen(engine, "before_cursor_execute", count)
    _trade(engine, record)
    event.remove(engine, "before_cursor_execute", count)
    return len(said)


def _relay(machine: Machine, engine: Engine) -> Results:
    """Events a second by one relay; the first round warms the caches."""
    rates = []
    relayer = Relayer(machine.settings(), "benchmark/0")
    payloads = machine.payloads[:RELAYED]
    for _ in range(ROUNDS):
        machine.empty("ours")
        with engine.begin() as connection:
            connection.execute(text("TRUNCATE outbox"))
            for begin in range(0, len(payloads), AT_ONCE):
                connection.execute(FILL, {"payloads": payloads[begin : begin + AT_ONCE]})
        rates.append(len(payloads) / timed(lambda: relayer.run(AS_LONG_AS_IT_TAKES)))
    relayer.close()
    return {"relayed_per_second": round(median(rates[1:]))}


def _latency(machine: Machine, engine: Engine, emitter: Emitter) -> Results:
    random = Random(A_PART)
    taken = []
    with (
        worker(machine.home, machine.environment("ours"), OURS),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking,
    ):
        for _ in range(machine.scale.latencies // A_PART + WARM_UP):
            time.sleep(random.random() * A_MOMENT)
            with engine.begin() as connection:
                made = _emit(emitter, connection)
            began = time.perf_counter()
            until(lambda: _is_there(looking, made), "it is there", pause=LOOK_SECONDS)  # noqa: B023 - called at once
            taken.append((time.perf_counter() - began) * 1000)
    kept = taken[WARM_UP:]
    return {"latency_ms": {"p50": round(percentile(kept, 50)), "p99": round(percentile(kept, 99))}}


def _is_there(looking: Connection, event_id: object) -> bool:
    return looking.scalar(VISIBLE, {"id": event_id}) is not None


def _emit(emitter: Emitter, connection: Connection) -> object:
    return emitter.emit(
        _LOGIN.tag,
        user=_LOGIN.user,
        actor=_LOGIN.actor,
        additional=_LOGIN.additional,
        connection=connection,
    )


def _us(seconds: list[float]) -> float:
    return round(median(seconds) * MICROSECONDS, 1)


_LOGIN = next(each for each in events(500) if each.tag == "account:login:success")
