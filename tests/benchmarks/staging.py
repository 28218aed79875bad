"""The two ways into the table: straight, and by way of staging for what was delivered before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from sqlalchemy import Connection, Engine

from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.writing import CopyRow, insert, insert_missing
from trailkeeper.worker.ingest import make_ingest
from trailkeeper.worker.ingest.messages import IncomingMessage

from .machine import Machine
from .results import Results
from .timing import timed

A_COMMIT = 1_000
MOST = 50_000

Write = Callable[[Connection, Sequence[CopyRow]], object]


def staging(machine: Machine) -> Results:
    """Medians of both ways in turn, in rows a second."""
    engine = make_engine(machine.database_url("ours"), application_name="benchmark")
    rows = _rows(machine, engine)
    straight, staged = [], []
    for number in range(1, machine.scale.rounds + 1):
        machine.say(f"staging: round {number} of {machine.scale.rounds}")
        straight.append(_rate(machine, engine, rows, insert))
        staged.append(_rate(machine, engine, rows, insert_missing))
    engine.dispose()
    return {
        "straight_rows_per_second": round(median(straight)),
        "staging_rows_per_second": round(median(staged)),
        "staging_vs_straight": round(median(staged) / median(straight), 3),
    }


def _rows(machine: Machine, engine: Engine) -> list[CopyRow]:
    messages = [
        IncomingMessage(str(number), raw, None, {}) for number, raw in enumerate(machine.payloads[:MOST])
    ]
    return make_ingest(machine.settings(), engine).prepare(messages).rows


def _rate(machine: Machine, engine: Engine, rows: Sequence[CopyRow], write: Write) -> float:
    machine.empty("ours")
    batches = [rows[start : start + A_COMMIT] for start in range(0, len(rows), A_COMMIT)]

    def write_all() -> None:
        for batch in batches:
            with transaction(engine) as connection:
                write(connection, batch)

    return len(rows) / timed(write_all)
