"""Programs that name themselves: the product at the head of a user agent (RFC 9110, section 10.1.5).

The last resort, for what neither linehaul nor ua-parser knows. Only a product
with a version, or one with a link for whoever wonders about its visits, counts
as a name; free text does not.
"""

from __future__ import annotations

import re

import msgspec

_NAME = r"(?P<name>[A-Za-z][A-Za-z0-9_-]{1,31}(?: [A-Z][A-Za-z0-9_-]{1,31})?)"
_HEAD = re.compile(rf"{_NAME}/v?(?P<version>[0-9][A-Za-z0-9._+-]{{0,31}})(?=[\s;(,…]|$)")
_LINKED = re.compile(rf"{_NAME}(?P<version>);? \(\+?https?://")
_COMPATIBLE = re.compile(
    rf"Mozilla/[0-9.]{{1,5}} \(compatible; {_NAME}/v?(?P<version>[0-9][A-Za-z0-9._+-]{{0,31}})[;) ]"
)
_PRETENDED = frozenset({"Mozilla", "Opera", "AppleWebKit"})
"""Products that everybody claims to be."""

_BEFORE = re.compile(r"/| v?[0-9]| ?[(;]")

_WITHIN = (
    re.compile(r"\)\s(?P<name>(?:Windows)?PowerShell)/(?P<version>[0-9][0-9A-Za-z.]{0,31})"),
    re.compile(
        rf"\(KHTML, like Gecko\) {_NAME}/v?(?P<version>[0-9][A-Za-z0-9._+-]{{0,31}})"
        r"(?= (?:\S+ ){0,3}Electron/)"
    ),
)
"""Programs that name themselves within the agent of the browser that they contain or pretend to be."""


class Product(msgspec.Struct, frozen=True):
    """A program by its own word."""

    name: str
    version: str | None


def head(user_agent: str) -> str:
    """What stands before a version or a comment: ``node`` and ``Faraday`` of ``Faraday v2.7``."""
    return _BEFORE.split(user_agent, maxsplit=1)[0]


def within(user_agent: str) -> Product | None:
    """The program within a browser's agent: PowerShell, or an application of Electron's, such as Slack."""
    for pattern in _WITHIN:
        if (match := pattern.search(user_agent)) and match["name"] not in {"Chrome", "Electron", "Safari"}:
            return Product(match["name"], match["version"])
    return None


def product(user_agent: str) -> Product | None:
    """The program that *user_agent* names itself as; None where it names none."""
    crawler = _COMPATIBLE.match(user_agent)
    match = crawler or _HEAD.match(user_agent) or _LINKED.match(user_agent)
    if match is None or match["name"] in _PRETENDED:
        return None
    return Product(match["name"], match["version"] or None)
