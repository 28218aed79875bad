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


class Product(msgspec.Struct, frozen=True):
    """A program by its own word.

    Attributes:
        bot: it presents itself as crawlers do: ``Mozilla/5.0 (compatible; ...)`` or a link after ``+``.
    """

    name: str
    version: str | None
    bot: bool


def product(user_agent: str) -> Product | None:
    """The program that *user_agent* names itself as; None where it names none."""
    crawler = _COMPATIBLE.match(user_agent)
    match = crawler or _HEAD.match(user_agent) or _LINKED.match(user_agent)
    if match is None or match["name"] in _PRETENDED:
        return None
    return Product(match["name"], match["version"] or None, bool(crawler) or "+http" in user_agent)
