"""What a comparison of two revisions says, from the figures of their runs."""

from __future__ import annotations

import pytest

from tests.benchmarks.compare import compare, figures, medians


def test_every_number_is_named_by_its_path_and_nothing_else_is() -> None:
    results = {"cores": 2, "latency_ms": {"p50": 60.5}, "name": "ext4", "discards": True}
    assert dict(figures(results)) == {"cores": 2.0, "latency_ms.p50": 60.5}


def test_a_side_is_judged_by_the_medians_of_its_runs() -> None:
    assert medians([{"emit_us": 80.0}, {"emit_us": 300.0}, {"emit_us": 90.0}]) == {"emit_us": 90.0}


def test_a_ratio_above_one_is_better_whichever_way_a_figure_goes() -> None:
    before = {"store_events_per_second": 50_000.0, "emit_us": 100.0, "latency_ms.p50": 60.0, "cores": 2.0}
    after = {"store_events_per_second": 60_000.0, "emit_us": 80.0, "latency_ms.p50": 120.0, "cores": 2.0}
    ratios = compare(before, after)
    assert ratios == {
        "emit_us": pytest.approx(1.25),
        "latency_ms.p50": pytest.approx(0.5),
        "store_events_per_second": pytest.approx(1.2),
    }
