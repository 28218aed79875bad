"""The pipeline's numbers that Postgres knows: what waits in the outbox, dead letters, purges, gaps."""

from __future__ import annotations

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Engine

from models import outbox
from models.counting.gaps import missing_events, missing_since
from models.engine import transaction
from models.status import dead_letter_counts, newest_event, purge_totals


def store_metrics(engine: Engine) -> list[Metric]:
    """The numbers now.

    Raises:
        StoreError: Postgres does not answer, or has no schema.
    """
    with transaction(engine) as connection:
        letters = dead_letter_counts(connection)
        purges = purge_totals(connection)
        newest = newest_event(connection)
        waiting = outbox.backlog(connection)
        missing = missing_events(connection)
        since = missing_since(connection)
    by_reason = GaugeMetricFamily("trailkeeper_dead_letters", "Dead letters kept.", labels=["reason"])
    for reason, number in letters.items():
        by_reason.add_metric([reason], number)
    runs = CounterMetricFamily("trailkeeper_purges", "Purges that removed something.", labels=["scope"])
    removed = CounterMetricFamily("trailkeeper_purged_events", "Events removed.", labels=["scope"])
    last = GaugeMetricFamily(
        "trailkeeper_last_purge_timestamp_seconds", "When a purge last removed something.", labels=["scope"]
    )
    for total in purges:
        runs.add_metric([total.scope], total.purges)
        removed.add_metric([total.scope], total.events)
        last.add_metric([total.scope], total.finished_at.timestamp())
    newest_at = GaugeMetricFamily(
        "trailkeeper_newest_event_timestamp_seconds", "When the newest stored event occurred; 0 of none."
    )
    newest_at.add_metric([], newest.occurred_at.timestamp() if newest else 0)
    gone = GaugeMetricFamily(
        "trailkeeper_missing_events",
        "Numbered events that came nowhere, for longer than the grace.",
        value=missing,
    )
    gone_since = GaugeMetricFamily(
        "trailkeeper_missing_since_timestamp_seconds",
        "Since when the first of them is missing; 0 of none.",
        value=since.timestamp() if since else 0,
    )
    return [by_reason, runs, removed, last, newest_at, gone, gone_since, *_of_outbox(waiting)]


def _of_outbox(backlog: outbox.OutboxBacklog) -> list[Metric]:
    return [
        GaugeMetricFamily(
            "trailkeeper_outbox_waiting",
            f"Committed messages in the outbox; {outbox.COUNTED} stands for that many or more.",
            value=backlog.waiting,
        ),
        GaugeMetricFamily(
            "trailkeeper_outbox_oldest_seconds",
            "Age of the oldest message in the outbox; 0 of none.",
            value=backlog.oldest_seconds or 0,
        ),
    ]
