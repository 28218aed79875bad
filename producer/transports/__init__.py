"""How messages get from this process to the stream."""

from __future__ import annotations

from typing import Protocol

from .base import Transport
from .redis_stream import RedisStream

__all__ = ["RedisStream", "Transport", "stream_of"]


class StreamSettings(Protocol):
    """The settings that say where the stream is."""

    @property
    def redis_url(self) -> str:
        """Of the server."""

    @property
    def stream(self) -> str:
        """The stream's key."""

    @property
    def redis_replicas(self) -> int:
        """How many replicas have to have a message."""


def stream_of(settings: StreamSettings) -> RedisStream:
    """The stream of some settings.

    Raises:
        SettingsError: the Redis URL cannot be used.
    """
    return RedisStream(settings.redis_url, settings.stream, settings.redis_replicas)
