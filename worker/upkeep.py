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
from trailkeeper.producer.redis_client import of_each_stream, redis_translated
from trailkeeper.producer.stream_keys import GROUP, beat_key, policy_key
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.retention.showing import lines
from trailkeeper.worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

IDLE_SECONDS = 3600
AHEAD_MS = 3_600_000
"""How far ahead of Redis' clock an id may be: far more than clocks differ after a failover."""

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

_RENEW = """
local found = redis.pcall('XINFO', 'STREAM', KEYS[1])
if found.err then return 0 end
local is = {}
for i = 1, #found, 2 do is[found[i]] = found[i + 1] end
local last, now = tonumber(string.match(is['last-generated-id'], '^%d+')), redis.call('TIME')[1] * 1000
if last - now <= tonumber(ARGV[2]) or is['length'] > 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
return 1
"""
"""In one script, so that nothing arrives in between. What still waits is drained first."""


def beat_alive(settings: WorkerSettings) -> None:
    """Note the time, for `trailkeeper status`; and the policy of this worker, for the page that shows it.

    Also the look whether the stream still takes events: every few seconds, as nothing else is recorded then.
    """
    policy = msgspec.json.encode(lines(settings, catalogue.load(settings.catalogue)))

    def note(client: redis.Redis, key: str) -> None:
        if renew(client, key):
            logger.warning("somebody gave an entry of %s an id of the far future; it begins anew", key)
        client.mset({beat_key(key): datetime.now(UTC).isoformat(), policy_key(key): policy})

    of_each_stream(settings, note)


def renew(client: redis.Redis, stream_key: str) -> bool:
    """Begin an empty stream anew if its last id is far ahead of the clock; returns whether it was.

    Whoever may add to a stream may choose an entry's id. After the highest one that there is Redis
    refuses every other for ever, also when the stream is empty again; after one of the future, no age tells
    how long events wait.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with redis_translated():
        return bool(client.eval(_RENEW, 1, stream_key, GROUP, AHEAD_MS))


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
    found = of_each_stream(settings, lambda client, key: reap(client, key, IDLE_SECONDS))
    if reaped := [name for names in found for name in names]:
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
