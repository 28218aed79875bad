"""The pipeline's metrics from Postgres: what waits in the outbox, dead letters, purges, missing events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Engine

from trailkeeper.models import outbox
from trailkeeper.models.counting.gaps import missing_events, missing_since
from trailkeeper.models.engine import transaction
from trailkeeper.models.status import PurgeTotal, dead_letter_counts, newest_event, purge_totals


def store_metrics(engine: Engine) -> list[Metric]:
    """The metrics now.

    Raises:
        StoreError: Postgres does not answer, or has no schema.
    """
    with transaction(engine) as connection:
        dead_letters = dead_letter_counts(connection)
        purges = purge_totals(connection)
        newest = newest_event(connection)
        waiting = outbox.backlog(connection)
        missing = missing_events(connection)
        since = missing_since(connection)
    return [
        _dead_letters(dead_letters),
        *_purges(purges),
        _moment(
            "newest_event", "When the newest stored event occurred", newest.occurred_at if newest else None
        ),
        GaugeMetricFamily(
            "trailkeeper_missing_events",
            "Numbered events that have not been received within the grace period.",
            value=missing,
        ),
        _moment("missing_since", "When the oldest missing event went missing", since),
        *_outbox(waiting),
    ]


def _dead_letters(counts: Mapping[str, int]) -> Metric:
    gauge = GaugeMetricFamily(
        "trailkeeper_dead_letters", "Dead letters that wait for an admin.", labels=["reason"]
    )
    for reason, number in counts.items():
        gauge.add_metric([reason], number)
    return gauge


def _purges(purges: Iterable[PurgeTotal]) -> list[Metric]:
    runs = CounterMetricFamily("trailkeeper_purges", "Purges that removed something.", labels=["scope"])
    removed = CounterMetricFamily("trailkeeper_purged_events", "Events removed.", labels=["scope"])
    last = GaugeMetricFamily(
        "trailkeeper_last_purge_timestamp_seconds", "When a purge last removed something.", labels=["scope"]
    )
    for total in purges:
        runs.add_metric([total.scope], total.purges)
        removed.add_metric([total.scope], total.events)
        last.add_metric([total.scope], total.finished_at.timestamp())
    return [runs, removed, last]


def _moment(name: str, meaning: str, moment: datetime | None) -> Metric:
    value = moment.timestamp() if moment else 0
    return GaugeMetricFamily(f"trailkeeper_{name}_timestamp_seconds", f"{meaning}; 0 if none.", value=value)


def _outbox(backlog: outbox.OutboxBacklog) -> list[Metric]:
    return [
        GaugeMetricFamily(
            "trailkeeper_outbox_waiting",
            f"Committed messages in the outbox; {outbox.COUNTED} stands for that many or more.",
            value=backlog.waiting,
        ),
        GaugeMetricFamily(
            "trailkeeper_outbox_oldest_seconds",
            "Age of the oldest message in the outbox; 0 if none.",
            value=backlog.oldest_seconds or 0,
        ),
    ]
