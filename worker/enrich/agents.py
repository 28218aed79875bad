"""Browsers, bots and HTTP libraries, understood through ua-parser and its matcher in Rust.

The matcher in Rust is chosen explicitly: the one in Python takes a hundred times
as long, and backtracks over what a hostile client sends.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace
from ua_parser import Domain, load_lazy_builtins
from ua_parser.regex import Resolver

from .text import one_line

SPIDER = "Spider"
"""The device that ua-parser gives to bots, and to some libraries. To others it gives the browser's name."""

BROWSER = " Browser"
"""The end of what it takes for a device where a maker's browser is named, as in HuaweiBrowser."""

NO_DEVICES = ("Generic", "Other", "Unknown", "K", "Android", "iOS-Device")
"""First words of what ua-parser calls a device of which the agent tells nothing. Chrome says K."""

DARWIN = re.compile(r"CFNetwork/\S+ Darwin/(\d+)")
ON_INTEL = ("(x86_64)", "(i386)")
"""What Macs add; Safari itself is called MobileSafari on phones."""
FIRST_ON_ARM = 20
"""Version of Darwin from which Macs, as phones, no longer name their processor."""

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
    found = Agent(
        name=one_line(name.family) if name else None,
        version=one_line(".".join(_numbers(name.major, name.minor, name.patch, name.patch_minor)))
        if name
        else None,
        os=one_line(os.family) if os else None,
        device=None if family is None or family.split()[0] in NO_DEVICES else family,
        spider=family == SPIDER,
    )
    if found.device and (found.device in {SPIDER, found.name} or found.device.endswith(BROWSER)):
        found = replace(found, device=None)
    return _of_darwin(found, user_agent)


def _of_darwin(found: Agent, user_agent: str) -> Agent:
    """What a program on Apple's network library runs on: ua-parser says iOS, which only some of them do."""
    darwin = DARWIN.search(user_agent)
    if darwin and found.name == "CFNetwork":
        found = replace(found, name=one_line(unquote(user_agent.partition("/")[0])), version=None)
    if darwin is None or "iPhone" in user_agent or "iPad" in user_agent:
        return found
    if user_agent.startswith("Safari/") or any(processor in user_agent for processor in ON_INTEL):
        return replace(found, os="Mac OS X", device="Mac")
    return replace(found, os=None, device=None) if int(darwin[1]) >= FIRST_ON_ARM else found


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
