"""How messages get from this process to the stream."""

from .base import Transport
from .redis_stream import RedisStream

__all__ = ["RedisStream", "Transport"]
