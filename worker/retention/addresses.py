"""Addresses within text: found by one pattern that Python and Postgres read alike, and cut to their networks.

Nothing but an address or a version has four numbers joined by dots, and a version in a text that
may be personal is not worth an address. Where it is not clear what an address is, as in
``add:2001:db8::1``, too much is cut, and each that it may be is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from .readings import readings

NETWORK_BITS = {4: 24, 6: 48}
"""What is left of an address, by its version."""

REMOVED = "[address removed]"

# digits and signs may be in full width, and signs have the escapes of JSON, and of URLs up to three times
_D = "[0-9\uff10-\uff19]"
_N = f"(?:[2\uff12][5\uff15][0-5\uff10-\uff15]|[2\uff12][0-4\uff10-\uff14]{_D}|[01\uff10\uff11]?{_D}?{_D})"
_DOT = "(?:[.\u3002\ufe52\uff0e\uff61]|%(?:25){0,2}2[Ee]|\\\\+u002[Ee])"
_C = "(?:[:\ufe55\uff1a]|%(?:25){0,2}3[Aa]|\\\\+u003[Aa])"
_V4 = f"{_N}(?:{_DOT}{_N}){{3}}"
_HEX = "[0-9A-Fa-f\uff10-\uff19\uff21-\uff26\uff41-\uff46]"
_H = f"{_HEX}{{1,4}}"
_HS = f"{_H}(?:{_C}{_H})*"
# eight of them within a longer run are a fingerprint
_PAIR = "[0-9A-Fa-f]{2}"
_PAIRS = f"(?:{_PAIR}:){{7}}{_PAIR}"
_EIGHT = f"(?!{_PAIRS}(?![0-9A-Fa-f]))(?:{_H}{_C}){{7}}{_H}|(?<!{_PAIR}:){_PAIRS}(?!:{_PAIR})"
_V6 = f"(?:{_H}{_C}){{6}}{_V4}|{_EIGHT}|(?:{_HS})?{_C}{_C}(?:(?:{_H}{_C})*{_V4}|{_HS})|{_HS}{_C}{_C}"
_IS_V4_NETWORK = f"(?:{_N}[.]){{3}}0/(?:[0-9]|1[0-9]|2[0-4])(?![0-9])"
_IS_V6_NETWORK = f"(?:{_H}(?::{_H}){{0,2}})?::/(?:[0-9]|[1-3][0-9]|4[0-8])(?![0-9])"
_WORD = "[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
# an escape ends in letters and digits, but what comes after it is none of its word
_ESCAPE = "|".join(
    rf"(?<={begin}[0-9A-Fa-f]{{{digits}}})"
    for begin, digits in (("%", 2), ("%25", 2), ("%2525", 2), (r"\\u", 4), (r"\\x", 2))
)
_BEFORE_V6 = rf"(?:(?<!{_WORD})|{_ESCAPE}|(?<=\\[a-z]))"
_BEFORE_V4 = f"(?:(?<!{_D})|{_ESCAPE})"

ADDRESS = (
    f"{_BEFORE_V6}(?!{_IS_V6_NETWORK})(?:{_V6})(?!{_WORD})|{_BEFORE_V4}(?!{_IS_V4_NETWORK}){_V4}(?!{_D})"
)
"""An address of a single machine, or a network smaller than what is left of an address."""

CANDIDATE = f"{_D}{_DOT}{_D}{{1,3}}{_DOT}{_D}{{1,3}}{_DOT}{_D}|{_C}{_HEX}{{0,4}}{_C}"
"""What each address has in it, and few other texts. Postgres finds it in 3 µs, `ADDRESS` in 50 µs."""

_CANDIDATE = re.compile(CANDIDATE)
_ADDRESS = re.compile(ADDRESS)
_EACH = re.compile(f"(?=({ADDRESS}))")
_PREFIX = re.compile(f"({ADDRESS})(?:/[0-9]{{1,3}})?")


def addresses_in(text: str) -> set[str]:
    """The addresses that may be in a text, each as it is usually written.

    Of one with what may be a port behind it, ``2001:db8::1:443``, both are.
    """
    if not _CANDIDATE.search(text):
        return set()
    return {
        str(found)
        for match in _EACH.finditer(text)
        for each in _shortened(_unescaped(match[1]))
        if (found := _parsed(each))
    }


def addresses_in_readings(text: str) -> set[str]:
    """The addresses that may be in a text, or in what it may stand for."""
    return {address for reading in readings(text) for address in addresses_in(reading)}


def cut_addresses(value: Any) -> Any:
    """A value of a payload with networks in the place of the addresses in its texts and keys."""
    if isinstance(value, str):
        return _cut(value) if _ADDRESS.search(value) else value
    if isinstance(value, list):
        return [cut_addresses(item) for item in value]
    if isinstance(value, dict):
        return {cut_addresses(key): cut_addresses(item) for key, item in value.items()}
    return value


def _cut(text: str) -> str:
    left = _PREFIX.sub(lambda match: _network(match[1]), text)
    # what stands beside a network may now read as an address
    return REMOVED if _ADDRESS.search(left) else left


def _network(text: str) -> str:
    address = _parsed(_unescaped(text))
    return str(ip_network((address, NETWORK_BITS[address.version]), strict=False)) if address else REMOVED


def _shortened(text: str) -> Iterator[str]:
    yield text
    while ":" in text:
        text = text.rpartition(":")[0]
        yield text


def _unescaped(text: str) -> str:
    return unicodedata.normalize("NFKC", re.sub(_DOT, ".", re.sub(_C, ":", text)))


def _parsed(text: str) -> Any:
    front, colon, last = text.rpartition(":")
    try:
        if "." in last:
            # zeros in front, which Python refuses
            last = str(IPv4Address(".".join(str(int(number)) for number in last.split("."))))
        address = ip_address(front + colon + last)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
