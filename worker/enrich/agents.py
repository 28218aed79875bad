"""Browsers, bots and HTTP libraries, understood through ua-parser and its matcher in Rust.

The matcher in Rust is chosen explicitly: the one in Python takes a hundred times
as long, and backtracks over what a hostile client sends.
"""

from __future__ import annotations

from functools import cache

import msgspec
from ua_parser import Domain, load_lazy_builtins
from ua_parser.regex import Resolver

from .text import one_line

SPIDER = "Spider"
"""The device that ua-parser gives to bots, and to some libraries."""

LONGEST_DEVICE = 40  # characters: it is free text that the client chose, and no place for messages


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """What a user agent tells; None for each part it does not tell.

    Attributes:
        spider: True for what ua-parser counts among bots; `device` is None then.
    """

    name: str | None = None
    version: str | None = None
    os: str | None = None
    device: str | None = None
    spider: bool = False


def agent(user_agent: str) -> Agent:
    """What *user_agent* tells. Its time grows with the length of the text, whatever the text is."""
    parsed = _resolver()(user_agent, Domain.ALL)
    name, os, device = parsed.user_agent, parsed.os, parsed.device
    family = one_line(device.family, LONGEST_DEVICE) if device else None
    return Agent(
        name=one_line(name.family) if name else None,
        version=one_line(".".join(_numbers(name.major, name.minor, name.patch, name.patch_minor)))
        if name
        else None,
        os=one_line(os.family) if os else None,
        # ua-parser takes any short unknown text for a feature phone
        device=None if family == SPIDER or (os is None and family == "Generic Feature Phone") else family,
        spider=family == SPIDER,
    )


@cache
def _resolver() -> Resolver:
    """Built once a process, at the first look: 0.15 s and 27 MB."""
    return Resolver(load_lazy_builtins())


def _numbers(*parts: str | None) -> list[str]:
    numbers: list[str] = []
    for part in parts:
        if not part:
            break
        numbers.append(part)
    return numbers
