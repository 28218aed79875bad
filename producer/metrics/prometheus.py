"""Metrics by prometheus_client, if the application has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

COUNTER: Literal["trailkeeper_events"] = "trailkeeper_events"  # exposed as trailkeeper_events_total
LABELS = ("tag", "outcome")


class PrometheusMetrics:
    """The counter ``trailkeeper_events_total{tag, outcome}``. Create one per registry, at start-up.

    Args:
        registry: where to register; None for prometheus_client's default.

    Raises:
        ImportError: prometheus_client is not installed.
        ValueError: the registry has that counter already.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        from prometheus_client import REGISTRY, Counter  # noqa: PLC0415 - an optional library

        self._events = Counter(
            COUNTER, "Events emitted, by tag and outcome.", LABELS, registry=registry or REGISTRY
        )

    def increment(self, name: str, tags: list[str]) -> None:  # noqa: ARG002 - there is one metric
        """Add one to the series of these tags; a missing tag is an empty label. See `Metrics`."""
        values = dict(tag.split(":", 1) for tag in tags if ":" in tag)
        self._events.labels(*(values.get(label, "") for label in LABELS)).inc()
