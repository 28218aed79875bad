"""The capacity model: its figures are those of the operations guide, and its products are the guide's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.command import Outcome, call
from trailkeeper.cli.capacity import MEASURED, Load, need_of

GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"
loads = st.builds(
    Load,
    events_per_second=st.floats(0.01, 1e5),
    peak=st.floats(1, 100),
    keep_days=st.floats(1, 10_000),
    additional_bytes=st.integers(0, 65_536),
    outage_seconds=st.floats(0, 1e6),
    machines=st.integers(1, 1000),
)


def test_its_figures_stand_in_the_guide() -> None:
    sizing = GUIDE.read_text(encoding="utf-8").partition("## Sizing")[2].partition("\n## ")[0]
    for figure in (
        f"{MEASURED.store_events_per_second:,} events/s",
        f"{MEASURED.pool_process_us} µs",
        f"one for each {MEASURED.planned_per_process:,}",
        f"{MEASURED.redis_bytes_per_event} bytes; {MEASURED.redis_bytes_per_event_in_hand}",
        f"{MEASURED.redis_share} · `maxmemory`",
        f"| {MEASURED.spool_bytes_per_event} bytes",
        f"| {MEASURED.bytes_per_event} bytes",
    ):
        assert figure in sizing


def test_it_says_what_the_guide_says_of_fifty_and_of_a_thousand_a_second() -> None:
    small = need_of(Load(events_per_second=50))
    assert round(small.postgres_bytes_per_day / 1e9, 1) == 2.7
    assert round(need_of(Load(events_per_second=1000)).catch_up_seconds or 0) == 64
    day = need_of(Load(events_per_second=50, outage_seconds=5.1 * 3600))
    assert day.redis_memory_bytes == pytest.approx(1e9, rel=0.02)


@given(loads)
def test_twice_the_load_needs_no_less_of_anything(load: Load) -> None:
    double = need_of(structs.replace(load, events_per_second=2 * load.events_per_second))
    single = need_of(load)
    for name in (
        "pool_processes",
        "redis_memory_bytes",
        "spool_bytes_per_machine",
        "postgres_bytes",
        "events",
    ):
        assert getattr(double, name) >= getattr(single, name)
    assert single.pool_processes * MEASURED.planned_per_process >= load.events_per_second * load.peak


def test_what_comes_faster_than_it_can_be_stored_is_said_to_never_be_caught_up() -> None:
    need = need_of(Load(events_per_second=100_000))
    assert need.catch_up_seconds is None
    assert "wait in Redis" in need.first_limit


def test_the_command_says_it_as_text_and_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(*arguments: str) -> Outcome:
        return call(capsys, monkeypatch, "size", "--events-per-second", *arguments)

    assert "pool processes" in size("50").out
    found = json.loads(size("50", "--keep", "30", "--json").out)
    assert found["need"]["events"] == 50 * 86_400 * 30
    assert size("0").code == 2
