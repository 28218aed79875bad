"""Counting beside every emit, in the library the application has."""

from __future__ import annotations

import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry

from trailkeeper.producer.metrics import Metrics
from trailkeeper.producer.metrics.counting import Counting
from trailkeeper.producer.metrics.prometheus import PrometheusMetrics
from trailkeeper.producer.metrics.statsd import StatsdMetrics

TAGS = ["tag:account:login:success", "outcome:stream"]


class Tagged:
    """A client as datadog has it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []

    def increment(self, metric: str, value: float = 1, tags: list[str] | None = None) -> None:
        self.calls.append((metric, tags or []))


class Plain:
    """A client as statsd has it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def incr(self, stat: str, count: int = 1, rate: float = 1) -> None:
        self.calls.append(stat)


def test_prometheus_counts_by_tag_and_outcome() -> None:
    registry = CollectorRegistry()
    metrics: Metrics = PrometheusMetrics(registry)
    metrics.increment("trailkeeper.events", TAGS)
    metrics.increment("trailkeeper.events", TAGS)
    labels = {"tag": "account:login:success", "outcome": "stream"}
    assert registry.get_sample_value("trailkeeper_events_total", labels) == 2


def test_prometheus_counts_what_has_no_tag_too() -> None:
    registry = CollectorRegistry()
    PrometheusMetrics(registry).increment("trailkeeper.events", ["outcome:invalid", "odd"])
    assert registry.get_sample_value("trailkeeper_events_total", {"tag": "", "outcome": "invalid"}) == 1


def test_a_client_that_knows_tags_is_given_them() -> None:
    client = Tagged()
    metrics: Metrics = StatsdMetrics(client)
    metrics.increment("trailkeeper.events", TAGS)
    assert client.calls == [("trailkeeper.events", TAGS)]


def test_a_plain_client_counts_each_outcome() -> None:
    client = Plain()
    StatsdMetrics(client).increment("trailkeeper.events", TAGS)
    assert client.calls == ["trailkeeper.events.stream"]


def test_a_client_that_cannot_count_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a object cannot count; expected increment\(name, tags=\)"):
        StatsdMetrics(object())


def test_without_metrics_nothing_is_counted() -> None:
    Counting(None).count("account:login:success", "stream")


def test_the_libraries_are_imported_only_where_they_are_used() -> None:
    code = (
        "import sys; from trailkeeper.producer import pytest_plugin;"
        "from trailkeeper.producer.metrics import prometheus, statsd;"
        "late = 'prometheus_client', 'statsd', 'trailkeeper.producer.testing';"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
