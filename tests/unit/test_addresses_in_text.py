"""Addresses in texts become networks, wherever they stand, and nothing else changes."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trailkeeper.worker.retention.addresses import ADDRESS, CANDIDATE, addresses_in, cut_addresses

AROUND = st.sampled_from(
    ["", " ", "(", "[", "]:443", ":8080", ", ", "ip=", "ip:", "/32", "/x", "\n", "é", "."]
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("from 198.51.100.7, again", "from 198.51.100.0/24, again"),
        ("198.51.100.7/32", "198.51.100.0/24"),
        ("198.51.100.7:443", "198.51.100.0/24:443"),
        ("http://198.51.100.7/24h", "http://198.51.100.0/24h"),
        ("198.51.100.0/25", "198.51.100.0/24"),
        ("198.051.100.007", "198.51.100.0/24"),
        ("[2001:db8:1:2::3]:443", "[2001:db8:1::/48]:443"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("fe80::1%eth0", "fe80::/48%eth0"),
        ("client:2001:db8::1", "client:2001:db8::/48"),
        ("from [IPv6:2001:db8::1]", "from [IPv6:2001:db8::/48]"),
        ("source:2001:db8:1:2:3:4:5:6", "source:2001:db8:1::/48"),
        ("2001:db8::1: connection refused", "2001:db8::/48: connection refused"),
        ("2001:db8:1:2:3:4:5:6:443", "2001:db8:1::/48:443"),
        ("?ip=2001%3Adb8%3A%3A1&of=%20198.51.100.7", "?ip=2001:db8::/48&of=%20198.51.100.0/24"),
        (r'"\u0001198.51.100.7 \n2001:db8::1', r'"\u0001198.51.100.0/24 \n2001:db8::/48'),
        ("12:34:56:78:9a:bc:de:f0", "12:34:56::/48"),
        ("?next=%2Flog%3Fip%3D2001%253Adb8%253A%253A1", "?next=%2Flog%3Fip%3D2001:db8::/48"),
        ("ip%253D198%252E51%252E100%252E7%2526x", "ip%253D198.51.100.0/24%2526x"),
        (r"2001\u003adb8\u003A\u003a1", "2001:db8::/48"),
        (r"198\\u002e51\\u002E100.7", "198.51.100.0/24"),
        ("\uff11\uff19\uff18.51\uff0e100\uff0e\uff17", "198.51.100.0/24"),
        ("2001\uff1adb8\uff1a\uff1a\uff11", "2001:db8::/48"),
    ],
)
def test_an_address_becomes_its_network(text: str, left: str) -> None:
    assert cut_addresses(text) == left


@pytest.mark.parametrize(
    "text",
    [
        *("198.51.100.0/24", "198.51.0.0/16", "2001:db8:1::/48", "2001:db8::/32"),
        *("std::vector", "12:30:45", "999.1.1.1", "1.2.3", "::", "a:b", ""),
        *("00:11:22:33:44:55", "md5 " + ":".join(["43"] * 16), ":".join(["9f"] * 20)),
    ],
)
def test_networks_and_what_is_no_address_stay(text: str) -> None:
    assert cut_addresses(text) == text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("add:2001:db8::4", "2001:db8::4"),
        ("2001:db8::4:443", "2001:db8::4"),
        ("5.198.51.100.7", "198.51.100.7"),
        ("2001:0DB8:0:0:0:0:0:4", "2001:db8::4"),
        ("::ffff:198.051.100.007", "198.51.100.7"),
        ("::ffff:c633:6407", "198.51.100.7"),
    ],
)
def test_where_it_is_not_clear_what_an_address_is_each_that_may_be_is_found(text: str, address: str) -> None:
    assert address in addresses_in(text)


def forms(address: IPv4Address | IPv6Address) -> list[str]:
    """The ways in which an address is written."""
    if isinstance(address, IPv4Address):
        short = [str(address), ".".join(f"{number:03}" for number in address.packed), f"::ffff:{address}"]
        return [*short, *(str(address).replace(".", dot) for dot in ("%2E", "%252e", "\\u002e", "\uff0e"))]
    short = [str(address), address.exploded, str(address).upper()]
    colons = ("%3A", "%253a", "%25253A", "\\u003a", "\\\\u003A", "\uff1a")
    return [*short, *(str(address).replace(":", colon) for colon in colons), str(address).translate(WIDE)]


WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789abcdef:."}


WORD = "[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
SURROUNDINGS = st.text(max_size=6) | st.text("IPvd6:.%/[]\\ue0123 \x01\n", max_size=8)


@given(address=st.ip_addresses(), before=SURROUNDINGS, after=SURROUNDINGS, data=st.data())
def test_whatever_stands_around_an_address_it_is_found_and_cut(
    address: IPv4Address | IPv6Address, before: str, after: str, data: st.DataObject
) -> None:
    """Unless it goes on in a word, a number or a longer address."""
    form = data.draw(st.sampled_from(forms(address)))
    # a colon after `::` belongs to nothing, and a letter or digit to the address
    assume(not re.search(f"{WORD}$", before) and not re.match(WORD, after))
    assume(not (before.endswith(":") and str(address).startswith(":")))
    assume(not (str(address).endswith(":") and after[:1] == ":"))
    assume(int(address) and not PAIRS.fullmatch(form))
    left = cut_addresses(f"{before}{form}{after}")
    assert not addresses_in(left)
    assert str(getattr(address, "ipv4_mapped", None) or address) in addresses_in(f"{before}{form}{after}")


PAIRS = re.compile("(?:[0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}")


def test_lists_objects_and_their_keys_are_gone_through() -> None:
    given_value = {"198.51.100.7": [{"a": "2001:db8:1:2::3"}, 7, None, True]}
    assert cut_addresses(given_value) == {"198.51.100.0/24": [{"a": "2001:db8:1::/48"}, 7, None, True]}


@given(address=st.ip_addresses(), before=AROUND, after=AROUND)
def test_no_address_is_left_in_any_text_and_what_is_cut_is_cut_once(
    address: object, before: str, after: str
) -> None:
    left = cut_addresses(f"{before}{address}{after}")
    assert not re.search(ADDRESS, left)
    assert cut_addresses(left) == left
    assert not addresses_in(left)


@given(texts=st.lists(st.ip_addresses().map(str) | AROUND | st.text(":./0a", max_size=4), max_size=6))
def test_whatever_stands_side_by_side_holds_no_address_in_the_end(texts: list[str]) -> None:
    text = "".join(texts)
    assert not re.search(ADDRESS, cut_addresses(text))
    assert re.search(CANDIDATE, text) or not re.search(ADDRESS, text)
