"""The client's address behind proxies.

A proxy appends the address it was called from, so only the right end of the header
comes from our proxies; everything left of the first untrusted address can be forged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import ProducerSettings, read
from trailkeeper.producer.wire import IPV4_PREFIXES

from .arrival import Arrival

UNIX = "unix"
"""In a list of trusted proxies: peers on a Unix socket, which have no address, and nobody else."""

EVERYBODY = "*"
"""What some servers take for every proxy; we do not, and say why."""

MAPPED_BITS = 96
MAX_HEADER = 4096  # characters read, counted from the right
MAX_HOPS = 32
MAX_HOP = 256  # characters of one hop with its parameters
MOST_REMEMBERED = (
    2_048  # addresses: clients make several requests, and parsing took a third of a request's cost
)

PORT = r"(?::(?:\d{1,5}|_[\w.-]{1,32}))?"
BRACKETED = re.compile(rf"\[([^\[\]]{{2,64}})\]{PORT}", re.ASCII)
IPV4_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}", re.ASCII)
PAIR = re.compile(r"""\s*([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~:\[\]-]+|"(?:[^"\\]|\\.)*")\s*""", re.ASCII)

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """Addresses and networks of our own proxies, whose forwarding headers are trusted.

    Args:
        items: such as ``10.0.0.0/8``, ``2001:db8::1``, or ``unix`` for peers on a Unix socket.

    Raises:
        SettingsError: an item is none of these.
    """

    def __init__(self, items: Iterable[str] = ()) -> None:
        names = [items] if isinstance(items, str) else list(items)
        self._unix = UNIX in names
        self._networks = tuple(_network(name) for name in names if name != UNIX)

    @classmethod
    def of(cls, proxies: TrustedProxies | Iterable[str] | None) -> TrustedProxies:
        """Parse *proxies* unless that is done; None means ``TRAILKEEPER_TRUSTED_PROXIES``."""
        if isinstance(proxies, TrustedProxies):
            return proxies
        return cls(read(ProducerSettings).trusted_proxies if proxies is None else proxies)

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def trusts_peer(self, peer: str) -> bool:
        """Whether the peer that is connected to us is one of them.

        One that is not an address came through a Unix socket, of which servers say nothing, ``unix:`` or
        ``localhost``: whoever trusts a proxy is called by it, as nobody else reaches the socket.
        """
        address = parse_address(peer)
        return address in self if address else self._unix or bool(self._networks)


def client_address(arrival: Arrival, proxies: TrustedProxies) -> str | None:
    """The nearest address on the way to us that is not one of our proxies, normalised; never raises.

    If a hop is hidden or garbled, it is the last one before that. If both headers are present,
    ``X-Forwarded-For`` is read and ``Forwarded`` is not: most proxies write the former and let a client's
    own ``Forwarded`` pass. A proxy that writes ``Forwarded`` must therefore remove ``X-Forwarded-For``.
    """
    client = parse_address(arrival.peer)
    if proxies.trusts_peer(arrival.peer):
        for hop in _hops(arrival):
            if hop is None:
                break
            client = hop
            if hop not in proxies:
                break
    return None if client is None else str(client)


def parse_address(text: str) -> Address | None:
    """An address as headers write it, without port, brackets, quotes and zone; IPv4 within IPv6 as IPv4."""
    return _parsed(text) if len(text) <= MAX_HOP else None


@lru_cache(MOST_REMEMBERED)
def _parsed(text: str) -> Address | None:
    bare = _without_port(text.strip().removeprefix('"').removesuffix('"'))
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:  # `unknown`, an obfuscated name, or garbage
        return None
    return IPv4Address(address.packed[12:]) if address.packed[:12] in IPV4_PREFIXES else address


def _hops(arrival: Arrival) -> Iterator[Address | None]:
    """From the nearest to the farthest; None for a hop without a readable address."""
    if arrival.forwarded_for is not None:
        return map(parse_address, _from_the_right(arrival.forwarded_for))
    return map(_forwarded_for, _from_the_right(arrival.forwarded or ""))


def _from_the_right(header: str) -> list[str]:
    """The hops nearest to us, without those beyond our limits and one that a limit cut in two."""
    hops = header[-MAX_HEADER:].rsplit(",", MAX_HOPS)
    beyond = len(header) > MAX_HEADER or len(hops) > MAX_HOPS
    return [hop for hop in reversed(hops[1:] if beyond else hops) if hop.strip()]


def _forwarded_for(element: str) -> Address | None:
    """The ``for`` of one element of ``Forwarded``.

    Elements are split at every comma, even within quotes: so a client's unclosed quote cannot swallow
    what the proxy appended. The pieces around a quoted comma are malformed, and not trusted.
    """
    if len(element) > MAX_HOP:
        return None
    pairs = [PAIR.fullmatch(pair) for pair in element.strip().split(";") if pair]
    values = [pair[2] for pair in pairs if pair and pair[1].lower() == "for"]
    return parse_address(values[0]) if all(pairs) and len(values) == 1 else None


def _without_port(text: str) -> str:
    matched = BRACKETED.fullmatch(text) or IPV4_WITH_PORT.fullmatch(text)
    return matched[1] if matched else text


def _network(name: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(name, strict=False)
    except (ValueError, TypeError) as error:
        everybody = "; with it every client could choose its own address" if name == EVERYBODY else ""
        raise SettingsError(
            f"trusted proxy {name!r} is not an address, a network such as 10.0.0.0/8 or {UNIX!r}{everybody} "
            "(TRAILKEEPER_TRUSTED_PROXIES, or the middleware's trusted_proxies)"
        ) from error
    first = network.network_address.packed
    if first[:12] in IPV4_PREFIXES and network.prefixlen >= MAPPED_BITS:  # as addresses are compared
        return IPv4Network((first[12:], network.prefixlen - MAPPED_BITS))
    return network
