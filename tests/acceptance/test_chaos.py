"""The short form of `make chaos`: processes killed, networks cut, a server crashed, a disk filled."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.plan import Plan
from tests.chaos.run import run

FAULTS = (
    "kill a pool process",
    "kill a web process",
    "cut web to Redis",
    "cut worker to Postgres",
    "crash Redis",
    "disk full, Redis away",
)


def test_a_short_storm_loses_and_doubles_nothing(services_folder: Path) -> None:
    card = run(
        services_folder / "chaos", Plan(events=6_000, rate=250, seed=3, faults=FAULTS), say=lambda _: None
    )

    assert card.emitted > 4_000
    assert (card.lost, card.doubled, card.dead_letters) == (0, 0, {})
    assert sum(card.faults.values()) >= 2
