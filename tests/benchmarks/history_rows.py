"""A table of millions of events over three years, by COPY, from the facts of fewer that were drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import Engine, text

from tests.support.periods import periods_between
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.partitions import ensure
from trailkeeper.models.tables import SCOPES
from trailkeeper.models.writing import COLUMNS, NULL, insert
from trailkeeper.producer.ids import uuid7
from trailkeeper.worker.drain import Drainer

from .machine import Machine
from .peers.copying import stored_rows
from .streaming import fill

SPAN = timedelta(days=3 * 365)
A_COMMIT = 10_000
WRITERS = 2
AS_LONG_AS_IT_TAKES = 600.0
EXTRA = {"user_id": 0.007, "project_id": 0.013}
"""So much of all events, besides what they have by Zipf's law, is the busiest one's: some 2 % in all."""

FACTS_BEGIN = COLUMNS.index("occurred_at") + 1


@dataclass(frozen=True)
class Facts:
    """Rows in COPY's text without id and time, and whom many of them are about.

    Attributes:
        rows: of everybody.
        busiest: by column, the id or address that most rows have.
        theirs: by column, the rows that have it.
    """

    rows: Sequence[str]
    busiest: dict[str, str]
    theirs: Mapping[str, Sequence[str]]


def drained_facts(machine: Machine) -> Facts:
    """What a drain makes of the run's events, with locations and clients."""
    machine.client.flushall()
    machine.empty("ours")
    fill(machine.client, machine.payloads)
    drainer = Drainer(machine.settings(), "benchmark/0")
    drainer.run(AS_LONG_AS_IT_TAKES)
    drainer.close()
    lines = [line for batch in stored_rows(machine) for line in batch.decode().splitlines()]
    return _facts([line.split("\t", FACTS_BEGIN)[FACTS_BEGIN] for line in lines])


def fill_table(machine: Machine, database: str, facts: Facts, count: int) -> None:
    """Put so many events into a new database, evenly over three years that end now, and let Postgres know."""
    machine.copy_database("ours", database)
    engine = make_engine(
        machine.database_url(database),
        application_name="benchmark",
        pool_size=WRITERS,
        statement_timeout_ms=0,
    )
    last = datetime.now(UTC)
    for scope in SCOPES:
        ensure(engine, periods_between(scope, last - SPAN, last))
    with transaction(engine) as connection:
        connection.execute(text("TRUNCATE events"))
    with ThreadPoolExecutor(WRITERS) as pool:
        starts = range(0, count, A_COMMIT)
        for _ in pool.map(lambda start: _write(engine, facts, last, count, start), starts):
            pass
    engine.dispose()
    machine.query(database, "VACUUM (ANALYZE) events")
    machine.query(database, "CHECKPOINT")  # what is left to write would be written while others are measured


def _facts(rows: Sequence[str]) -> Facts:
    busiest = {name: _most_frequent(rows, name) for name in (*EXTRA, "ip")}
    theirs = {name: [row for row in rows if _value(row, name) == busiest[name]] for name in EXTRA}
    return Facts(rows, busiest, theirs)


def _most_frequent(rows: Iterable[str], column: str) -> str:
    counted = Counter(_value(row, column) for row in rows)
    del counted[NULL]
    return counted.most_common(1)[0][0]


def _value(row: str, column: str) -> str:
    return row.split("\t")[COLUMNS.index(column) - FACTS_BEGIN]


def _write(engine: Engine, facts: Facts, last: datetime, count: int, start: int) -> None:
    random, apart = Random(start), SPAN / count
    rows = []
    for number in range(start, min(start + A_COMMIT, count)):
        moment = last - apart * (count - number)
        rows.append(f"{uuid7(moment).int:032x}\t{moment.isoformat()}\t{_drawn(facts, random)}")
    with transaction(engine) as connection:
        insert(connection, rows)


def _drawn(facts: Facts, random: Random) -> str:
    draw = random.random()
    for column, share in EXTRA.items():
        if draw < share:
            return random.choice(facts.theirs[column])
        draw -= share
    return random.choice(facts.rows)
