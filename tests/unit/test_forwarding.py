"""One list of trusted proxies means the same to an application and to the views."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.requests.forwarded import TrustedProxies
from trailkeeper.producer.requests.origin import from_request
from trailkeeper.views.forwarding import ForwardingMiddleware

LISTS = {
    "none": (),
    "an address": ("10.0.0.1",),
    "a network": ("10.0.0.0/8", "2001:db8::/32"),
    "host bits": ("10.9.9.9/8",),
    "IPv4 within IPv6": ("::ffff:10.0.0.0/104",),
    "NAT64": ("64:ff9b::10.0.0.0/104",),
    "a Unix socket": ("unix",),
    "everybody by networks": ("0.0.0.0/0", "::/0"),
}
PEERS = ("10.0.0.1", "::ffff:10.0.0.1", "192.0.2.1", "2001:db8::9", "")
FORWARDED = (
    "203.0.113.7",
    "203.0.113.7, 10.0.0.2",
    "1.1.1.1, 203.0.113.7, 2001:db8::1",
    "junk",
    "[2001:db8:1::2]:443",
)


def seen(proxies: TrustedProxies, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope as the service gets it."""
    got: list[dict[str, Any]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        got.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    anyio.run(ForwardingMiddleware(app, proxies), scope, nothing, nothing)
    return got[0]


def scope_of(peer: str, **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    client = (peer, 4711) if peer else None
    return {
        "type": "http",
        "client": client,
        "headers": named,
        "scheme": "http",
        "path": "/",
        "method": "GET",
    }


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("forwarded", FORWARDED)
def test_the_views_see_the_client_that_an_application_sees(
    items: tuple[str, ...], peer: str, forwarded: str
) -> None:
    scope = scope_of(peer, x_forwarded_for=forwarded)
    of_application = from_request(scope, trusted_proxies=items).ip
    of_views = from_request(seen(TrustedProxies(items), scope)).ip
    assert of_views == of_application


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http, https", "https"),
        ("https, http", "http"),
        ("ftp", "http"),
    ],
)
def test_the_scheme_is_what_the_nearest_proxy_says(said: str, scheme: str) -> None:
    proxies = TrustedProxies(["10.0.0.1"])
    assert seen(proxies, scope_of("10.0.0.1", x_forwarded_proto=said))["scheme"] == scheme
    assert seen(proxies, scope_of("192.0.2.1", x_forwarded_proto=said))["scheme"] == "http"


@pytest.mark.parametrize(
    "wrong", ["*", "10.0.0.0/33", "proxy.example", "10.0.0", "", "2001:db8::/129", "10.0.0.1-9"]
)
def test_an_entry_that_is_none_is_named(wrong: str) -> None:
    with pytest.raises(SettingsError, match="TRAILKEEPER_TRUSTED_PROXIES") as refused:
        TrustedProxies(["10.0.0.1", wrong])
    assert repr(wrong) in str(refused.value)
    assert ("choose its own address" in str(refused.value)) == (wrong == "*")
