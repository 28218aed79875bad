"""Whose word on the client's address is taken."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.requests.arrival import Arrival
from trailkeeper.producer.requests.forwarded import TrustedProxies, client_address, parse_address

PROXIES = TrustedProxies(["10.0.0.0/8", "2001:db8:aaaa::/48", "192.0.2.7"])
NOBODY = TrustedProxies()


def arrival(peer: str, forwarded_for: str | None = None, forwarded: str | None = None) -> Arrival:
    return Arrival(peer, forwarded_for, forwarded, None, None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, "10.0.0.1", id="no header"),
        pytest.param("", "10.0.0.1", id="an empty header"),
        pytest.param(" , ,", "10.0.0.1", id="only commas"),
        pytest.param("203.0.113.9", "203.0.113.9", id="one hop"),
        pytest.param("1.1.1.1, 203.0.113.9", "203.0.113.9", id="a forged hop before it"),
        pytest.param("203.0.113.9, 10.2.2.2,192.0.2.7", "203.0.113.9", id="two of our proxies after it"),
        pytest.param("1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9", id="forged, real, ours"),
        pytest.param("10.3.3.3, 10.2.2.2", "10.3.3.3", id="a client within our network"),
        pytest.param("203.0.113.9, , 10.2.2.2", "203.0.113.9", id="an empty hop"),
        pytest.param("203.0.113.9:52011", "203.0.113.9", id="a port"),
        pytest.param("[2001:db8::9]:443", "2001:db8::9", id="brackets and port"),
        pytest.param("2001:DB8:0::9", "2001:db8::9", id="IPv6 written otherwise"),
        pytest.param("2001:db8::9, 2001:db8:aaaa::1", "2001:db8::9", id="our proxy on IPv6"),
        pytest.param("::ffff:203.0.113.9", "203.0.113.9", id="IPv4 within IPv6"),
        pytest.param("203.0.113.9, ::ffff:10.2.2.2", "203.0.113.9", id="our proxy, IPv4 within IPv6"),
        pytest.param('"203.0.113.9"', "203.0.113.9", id="quotes"),
        pytest.param("fe80::9%eth0", "fe80::9", id="a zone"),
        pytest.param("203.0.113.9, unknown, 10.2.2.2", "10.2.2.2", id="unknown hides what is left of it"),
        pytest.param("203.0.113.9, _hidden", "10.0.0.1", id="an obfuscated hop"),
        pytest.param("203.0.113.9, <script>", "10.0.0.1", id="garbage"),
        pytest.param("203.0.113.9, 256.1.1.1", "10.0.0.1", id="no address after all"),
        pytest.param("203.0.113.9, 10.2.2.2:port", "10.0.0.1", id="a port that is none"),
        pytest.param("\u0662\u0660\u0663.0.113.9", "10.0.0.1", id="digits of another script"),
    ],
)
def test_x_forwarded_for_is_read_from_the_right(header: str | None, expected: str) -> None:
    assert client_address(arrival("10.0.0.1", header), PROXIES) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("for=203.0.113.9", "203.0.113.9", id="plain"),
        pytest.param(
            "For=203.0.113.9;Proto=https;By=10.0.0.1", "203.0.113.9", id="case and other parameters"
        ),
        pytest.param('for="[2001:db8::9]:4711"', "2001:db8::9", id="quoted, bracketed, with port"),
        pytest.param('for="203.0.113.9:4711" ; host="a.example"', "203.0.113.9", id="spaces"),
        pytest.param("for=1.1.1.1, for=203.0.113.9, for=10.2.2.2", "203.0.113.9", id="forged, real, ours"),
        pytest.param(
            'for="1.1.1.1, for=203.0.113.9', "203.0.113.9", id="a forged quote cannot swallow the rest"
        ),
        pytest.param(
            'for=203.0.113.9;host="x, for=6.6.6.6"', "10.0.0.1", id="nor can a quoted comma forge a hop"
        ),
        pytest.param(r'host="x, for=6.6.6.6;a=\"b"', "10.0.0.1", id="nor with an escaped quote"),
        pytest.param("for=unknown", "10.0.0.1", id="unknown"),
        pytest.param('for="_gazonk:_port"', "10.0.0.1", id="obfuscated"),
        pytest.param("for=203.0.113.9;for=1.1.1.1", "10.0.0.1", id="two in one element"),
        pytest.param("proto=https", "10.0.0.1", id="no for"),
        pytest.param("203.0.113.9", "10.0.0.1", id="no parameter at all"),
    ],
)
def test_forwarded_is_read_from_the_right(header: str, expected: str) -> None:
    assert client_address(arrival("10.0.0.1", forwarded=header), PROXIES) == expected


def test_x_forwarded_for_goes_before_a_forwarded_that_the_client_may_have_sent() -> None:
    both = arrival("10.0.0.1", "203.0.113.9", "for=6.6.6.6")
    assert client_address(both, PROXIES) == "203.0.113.9"


@pytest.mark.parametrize("peer", ["", "localhost", "unix:", "unix", "/run/app.sock", "@app"])
@pytest.mark.parametrize("proxies", [["unix"], ["10.0.0.0/8"]])
def test_a_peer_that_is_no_address_is_believed_by_who_trusts_a_proxy(peer: str, proxies: list[str]) -> None:
    request = arrival(peer, "203.0.113.9")
    assert client_address(request, TrustedProxies(proxies)) == "203.0.113.9"
    assert client_address(request, TrustedProxies()) is None


def test_an_ipv4_address_within_ipv6_is_ipv4_wherever_it_comes_from() -> None:
    assert client_address(arrival("::ffff:10.0.0.1", "64:ff9b::203.0.113.9"), PROXIES) == "203.0.113.9"


def test_the_peer_is_normalised_too() -> None:
    assert client_address(arrival("::ffff:198.51.100.1"), NOBODY) == "198.51.100.1"


def test_more_hops_than_anyone_has_end_at_the_last_one_counted() -> None:
    header = ", ".join(["203.0.113.9", *(f"10.0.{n}.1" for n in range(200))])
    assert client_address(arrival("10.0.0.1", header), PROXIES) == "10.0.168.1"


def test_an_address_that_the_limit_cuts_in_two_is_not_believed() -> None:
    nearest = "10.2.2.2" + " " * 4080
    header = f"1203.0.113.9,{nearest}"
    assert client_address(arrival("10.0.0.1", header), PROXIES) != "3.0.113.9"


@given(st.text(max_size=300), st.text(max_size=300) | st.none(), st.text(max_size=300) | st.none())
@example("10.0.0.1", "[" * 5000, "for=" * 5000)
@example("10.0.0.1", None, "for=" + '"' * 99)
@example("10.0.0.1", None, 'for="' + "\\" * 250)
def test_whatever_is_sent_gives_an_address_or_none(peer: str, one: str | None, other: str | None) -> None:
    found = client_address(arrival(peer, one, other), PROXIES)
    assert found is None or str(ip_address(found)) == found


hops = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from(["unknown", "_x", "", '"', "10.0.0.9", "for=1.1.1.1", 'for="[::1]:80"', "[::1]:1"]),
    st.text(max_size=20),
)


@given(st.ip_addresses(), st.lists(hops, max_size=6).map(", ".join))
def test_an_untrusted_peer_is_the_client_whatever_it_claims(peer: object, header: str) -> None:
    expected = parse_address(str(peer))
    assert client_address(arrival(str(peer), header, header), NOBODY) == str(expected)


@given(st.ip_addresses(network="203.0.113.0/24"), st.lists(hops, max_size=6).map(", ".join), st.booleans())
def test_what_stands_left_of_the_client_changes_nothing(client: object, claimed: str, rfc: bool) -> None:
    if rfc:
        request = arrival("10.0.0.1", None, f"{claimed}, for={client}, for=10.1.1.1")
    else:
        request = arrival("10.0.0.1", f"{claimed}, {client}, 10.1.1.1")
    assert client_address(request, PROXIES) == str(client)


@pytest.mark.parametrize("name", ["10.0.0.0/33", "proxy.example", "", "10.0.0", "::/129", "unix:"])
def test_a_bad_network_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(SettingsError, match="is not an address, a network") as refused:
        TrustedProxies([name])
    assert repr(name) in str(refused.value)


def test_one_network_as_plain_text_is_not_taken_for_its_letters() -> None:
    assert client_address(arrival("10.0.0.1", "203.0.113.9"), TrustedProxies("10.0.0.0/8")) == "203.0.113.9"


def test_without_a_word_the_environment_names_the_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILKEEPER_TRUSTED_PROXIES", "10.0.0.0/8, unix")
    proxies = TrustedProxies.of(None)
    assert [proxies.trusts_peer(peer) for peer in ("10.1.1.1", "", "192.0.2.1")] == [True, True, False]
