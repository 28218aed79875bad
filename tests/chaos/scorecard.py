"""The end of a run: what was emitted is held against what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from tests.support.databases import raw_engine

from .room import Room
from .storm import Toll
from .watch import Watch

IDS = text("SELECT id FROM events")
TWICE = text("SELECT count(*) - count(DISTINCT request_id) FROM events WHERE request_id LIKE 'web%'")
LETTERS = text("SELECT reason, count(*) FROM dead_letters GROUP BY reason")


class Scorecard(msgspec.Struct, kw_only=True):
    """One run in figures.

    Attributes:
        server: which server held the stream.
        seed: of the choice of faults.
        emitted: emits that said their event is kept.
        outcomes: where they went at first.
        refused: emits of `required` events that raised, so that the caller could refuse the action.
        stored: rows in the table; may be more than emitted, for processes killed before they could say so.
        lost: emitted, and neither in the table nor a dead letter.
        doubled: requests whose event is there twice.
        dead_letters: by reason.
        missing_numbers: what `trailkeeper reconcile` misses: numbers of emits that never returned.
        longest_emit_ms: that a request was held.
        longest_stall_s: that nothing was stored though something waited.
        most_waiting: the largest backlog.
        faults: how often each happened.
        recovery_s: the longest time to be well again, by fault.
        seconds: the run took.
    """

    server: str
    seed: int
    emitted: int
    outcomes: dict[str, int]
    refused: int
    stored: int
    lost: int
    doubled: int
    dead_letters: dict[str, int]
    missing_numbers: int
    longest_emit_ms: float
    longest_stall_s: float
    most_waiting: int
    faults: dict[str, int]
    recovery_s: dict[str, float]
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return not self.lost and not self.doubled


def import_logged(room: Room, folder: Path) -> int:
    """Bring in the events that only a log line holds, as an operator would.

    Returns:
        How many there were.
    """
    if not room.journal.logged:
        return 0
    lines = folder / "logged.jsonl"
    lines.write_bytes(b"".join(line + b"\n" for line in room.journal.logged))
    room.run("backfill", "import", "--yes", str(lines), "--wait")
    return len(room.journal.logged)


def scored(room: Room, toll: Toll, watch: Watch, seconds: float) -> Scorecard:
    """Count everything, past the networks."""
    engine = raw_engine(room.database_url)
    with engine.connect() as connection:
        ids = set(connection.scalars(IDS))
        doubled = int(connection.scalar(TWICE) or 0)
        letters = {row[0]: int(row[1]) for row in connection.execute(LETTERS)}
    engine.dispose()
    journal = room.journal
    return Scorecard(
        server=room.plan.server,
        seed=room.plan.seed,
        emitted=journal.emitted,
        outcomes=dict(journal.outcomes),
        refused=journal.outcomes["refused"],
        stored=len(ids),
        lost=len(journal.ids.keys() - ids),
        doubled=doubled,
        dead_letters=letters,
        missing_numbers=_missing(room),
        longest_emit_ms=round(journal.longest_us / 1000, 1),
        longest_stall_s=round(watch.longest_stall, 1),
        most_waiting=watch.most_waiting,
        faults=dict(toll.faults),
        recovery_s={name: round(longest, 1) for name, longest in toll.recoveries.items()},
        seconds=round(seconds, 1),
    )


def _missing(room: Room) -> int:
    return int(room.run("reconcile")["missing"])


def show(card: Scorecard, console: Console) -> None:
    """The scorecard as two tables."""
    figures = Table(title=f"Chaos on {card.server}, seed {card.seed}", show_header=False)
    for name, value in msgspec.to_builtins(card).items():
        if name not in {"server", "seed", "faults", "recovery_s"}:
            figures.add_row(name.replace("_", " "), _shown(value))
    console.print(figures)
    faults = Table("fault", "times", "longest recovery, s")
    for name in sorted(card.faults):
        faults.add_row(name, str(card.faults[name]), f"{card.recovery_s[name]:.1f}")
    console.print(faults)


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else json.dumps(value)
