"""The short form of `make governed`: import, hold, purge, erase and enrich while everything is killed."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.governed import governed


def test_governed_operations_add_up_in_tables_events_and_pages_whoever_is_killed(
    services_folder: Path,
) -> None:
    home = services_folder / "governed"
    home.mkdir(parents=True)

    found = governed(home, events=1_000, seed=2, say=lambda _: None)

    assert {name: both for name, both in found.checks.items() if both[0] != both[1]} == {}
    assert found.kills
