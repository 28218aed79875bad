"""What beat has done regularly; each is harmless twice, so any number of beats may run."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec

from trailkeeper.models.partitions import ensure_ahead
from trailkeeper.producer import catalogue
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.stream_keys import beat_key, policy_key
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.retention.showing import lines
from trailkeeper.worker.settings import WorkerSettings

from .consumers import reap

logger = logging.getLogger(__name__)

IDLE_SECONDS = 3600


def beat_alive(settings: WorkerSettings) -> None:
    """Note the time, for `trailkeeper status`; and the policy of this worker, for the page that shows it."""
    policy = msgspec.json.encode(lines(settings, catalogue.load(settings.catalogue)))
    with connect(settings.redis_url) as client, redis_translated():
        client.mset(
            {
                beat_key(settings.stream): datetime.now(UTC).isoformat(),
                policy_key(settings.stream): policy,
            }
        )


def make_partitions(settings: WorkerSettings) -> list[str]:
    """Make the partitions of the coming months and years; returns the names of new ones."""
    with engine_for(settings, "partitions") as engine:
        made = ensure_ahead(engine, datetime.now(UTC))
    if made:
        logger.info("made partitions ahead: %s", ", ".join(made))
    return made


def reap_consumers(settings: WorkerSettings) -> list[str]:
    """Remove consumers that hold nothing and have been silent for an hour; returns their names."""
    with connect(settings.redis_url) as client:
        reaped = reap(client, settings.stream, IDLE_SECONDS)
    if reaped:
        logger.info("removed consumers that are gone: %s", ", ".join(reaped))
    return reaped
