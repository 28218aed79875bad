"""What beat has done regularly; each is harmless twice, so any number of beats may run."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec
import redis

from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import ensure_ahead
from trailkeeper.models.stored_batches import forget
from trailkeeper.producer import catalogue
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.stream_keys import GROUP, beat_key, policy_key
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.retention.showing import lines
from trailkeeper.worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

IDLE_SECONDS = 3600

_REAP = """
local reaped = {}
local found = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if found.err then return reaped end
for _, consumer in ipairs(found) do
  local is = {}
  for i = 1, #consumer, 2 do is[consumer[i]] = consumer[i + 1] end
  if is['pending'] == 0 and is['idle'] >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], is['name'])
    table.insert(reaped, is['name'])
  end
end
return reaped
"""
"""DELCONSUMER drops what a consumer holds, which would lose it: so looking and removing are one script."""


def beat_alive(settings: WorkerSettings) -> None:
    """Note the time, for `trailkeeper status`; and the policy of this worker, for the page that shows it."""
    policy = msgspec.json.encode(lines(settings, catalogue.load(settings.catalogue)))
    with connect(settings.redis_url) as client, redis_translated():
        client.mset(
            {beat_key(settings.stream): datetime.now(UTC).isoformat(), policy_key(settings.stream): policy}
        )


def make_partitions(settings: WorkerSettings) -> list[str]:
    """Make the partitions of the coming months and years; returns the names of new ones."""
    with engine_for(settings, "partitions") as engine:
        made = ensure_ahead(engine, datetime.now(UTC))
    if made:
        logger.info("made partitions ahead: %s", ", ".join(made))
    return made


def forget_stored_batches(settings: WorkerSettings) -> int:
    """Forget which transaction stored which events, where no live tail goes on from so long ago."""
    with engine_for(settings, "upkeep") as engine, transaction(engine) as connection:
        return forget(connection)


def reap_consumers(settings: WorkerSettings) -> list[str]:
    """Remove consumers that hold nothing and have been silent for an hour; returns their names."""
    with connect(settings.redis_url) as client:
        reaped = reap(client, settings.stream, IDLE_SECONDS)
    if reaped:
        logger.info("removed consumers that are gone: %s", ", ".join(reaped))
    return reaped


def reap(client: redis.Redis, stream_key: str, idle_seconds: float) -> list[str]:
    """Remove consumers that hold nothing and have been idle for *idle_seconds*.

    Returns:
        Their names.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with redis_translated():
        reaped = client.eval(_REAP, 1, stream_key, GROUP, str(int(idle_seconds * 1000)))
    return [name.decode() for name in reaped]
