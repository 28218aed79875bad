"""How messages get from this process to the stream."""

from __future__ import annotations

from typing import Protocol

from .base import StreamTransport, Transport
from .redis_stream import RedisStream
from .sharded import ShardedStream
from .shards import StreamSettings, shards_of

__all__ = ["RedisStream", "StreamTransport", "Transport", "stream_of"]


class TransportSettings(StreamSettings, Protocol):
    """The settings that say how messages get there."""

    @property
    def redis_replicas(self) -> int:
        """How many replicas have to have a message."""


def stream_of(settings: TransportSettings) -> StreamTransport:
    """The stream of some settings, or all of them where they are several.

    Raises:
        SettingsError: the Redis URL cannot be used.
    """
    shards = shards_of(settings)
    streams = [RedisStream(url, key, settings.redis_replicas) for url, key in shards]
    return streams[0] if len(streams) == 1 else ShardedStream(streams, [shard.server for shard in shards])
