"""The streams that events are spread over: one, unless the settings say otherwise."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from .url import is_cluster


class Shard(NamedTuple):
    """One stream, with all keys beside it.

    Attributes:
        url: of its server.
        key: of the stream; those beside it begin with it.
    """

    url: str
    key: str

    @property
    def server(self) -> str:
        """The same for streams that are away together; in a Cluster each may be on a node of its own."""
        return self.key if is_cluster(self.url) else self.url


class StreamSettings(Protocol):
    """The settings that say where the streams are."""

    @property
    def redis_url(self) -> str:
        """Of one server, or of several with blanks between."""

    @property
    def redis_shards(self) -> int:
        """How many streams; at least one a server."""

    @property
    def stream(self) -> str:
        """Key of the first stream."""


def shards_of(settings: StreamSettings) -> tuple[Shard, ...]:
    """The streams, in their order; the first also has what concerns all of them."""
    urls = settings.redis_url.split()
    number = max(settings.redis_shards, len(urls))
    places = (urls[place % len(urls)] for place in range(number))
    return tuple(Shard(url, _key(settings.stream, url, place)) for place, url in enumerate(places))


def servers_of(settings: StreamSettings) -> tuple[Shard, ...]:
    """A stream for each server that has one."""
    by_server = dict[str, Shard]()
    for shard in shards_of(settings):
        by_server.setdefault(shard.server, shard)
    return tuple(by_server.values())


def _key(stream: str, url: str, place: int) -> str:
    if is_cluster(url):
        # what is in braces decides which node has a key: that of all keys beside this stream
        return f"{stream}:{{{place}}}"
    return f"{stream}:{place}" if place else stream
