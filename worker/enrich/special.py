"""Addresses that have no location, and why: IANA's registries of special-purpose addresses.

Written out rather than asked of `ipaddress`, whose answers differ between
versions of Python: the same address must mean the same on every worker.
"""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

REASONS: dict[str, tuple[str, ...]] = {
    "unspecified": ("0.0.0.0/32", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "link_local": ("169.254.0.0/16", "fe80::/10"),
    "shared": ("100.64.0.0/10",),
    "documentation": (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
    ),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "reserved": (
        "0.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64",
        "2001:2::/48",
    ),
}  # fmt: skip
"""Why an address has no location: networks, those that come first win."""


def _address_ranges(version: int) -> tuple[list[int], list[str | None]]:
    """Where the reason changes, and what it is from there on; to look at each network takes longer."""
    networks = [
        (int(network[0]), int(network[-1]), reason)
        for reason, texts in REASONS.items()
        for network in map(ip_network, texts)
        if network.version == version
    ]
    starts = sorted({0, *(edge for first, last, _ in networks for edge in (first, last + 1))})
    reasons = [next((why for first, last, why in networks if first <= at <= last), None) for at in starts]
    return starts, reasons


_ADDRESS_RANGES = {version: _address_ranges(version) for version in (4, 6)}


def parsed(text: str) -> Address | None:
    """The address that *text* spells, an IPv4 address mapped into IPv6 as itself; None if it spells none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def reason_of(address: Address) -> str | None:
    """Why *address* has no location, whatever the data say; None for one that may have one."""
    starts, reasons = _ADDRESS_RANGES[address.version]
    return reasons[bisect_right(starts, int(address)) - 1]
