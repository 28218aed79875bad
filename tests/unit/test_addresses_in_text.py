"""Addresses in texts become networks, wherever they stand, and nothing else changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
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
    ],
)
def test_an_address_becomes_its_network(text: str, left: str) -> None:
    assert cut_addresses(text) == left


@pytest.mark.parametrize(
    "text",
    [
        *("198.51.100.0/24", "198.51.0.0/16", "2001:db8:1::/48", "2001:db8::/32"),
        *("std::vector", "12:30:45", "999.1.1.1", "1.2.3", "::", "a:b", ""),
    ],
)
def test_networks_and_what_is_no_address_stay(text: str) -> None:
    assert cut_addresses(text) == text


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
