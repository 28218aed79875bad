"""Package installers, understood through linehaul, which PyPI counts its downloads with."""

from __future__ import annotations

import logging

import msgspec
from linehaul.ua.parser import UnknownUserAgentError, parse

from .text import one_line

# It logs what it cannot parse with a traceback: anybody could fill our logs, with personal data.
logging.getLogger("linehaul").setLevel(logging.CRITICAL)

log = logging.getLogger(__name__)

MOST_SLASHES = 24
"""Its expressions backtrack over slashes: 1,000 of them take a second, 24 at most two milliseconds.
The longest real agent, twine's list of its libraries, has about fourteen."""

BROWSER = "Browser"
"""What linehaul calls every browser, and some command-line tools."""

TOOL = "OS"
"""What it calls the tools of an operating system, such as FreeBSD's fetch."""

OF_JSON = ("pip/", "uv/")
"""Installers whose agent is JSON that may hold any name: they are called as the agent begins."""


class Installer(msgspec.Struct, frozen=True, kw_only=True):
    """What an installer says of itself.

    Attributes:
        implementation: of Python, "CPython".
        system: the operating system, "Linux", "Darwin", "OS X".
    """

    name: str
    version: str | None = None
    implementation: str | None = None
    system: str | None = None


def installer(user_agent: str) -> Installer | None:
    """The installer behind *user_agent*; None where linehaul knows none. Never raises."""
    if user_agent.startswith("Mozilla/"):
        return Installer(name=BROWSER)
    if user_agent.count("/") > MOST_SLASHES:
        return None
    try:
        parsed = parse(user_agent)
    except UnknownUserAgentError:
        return None
    except Exception as error:  # noqa: BLE001 - it builds objects from the client's own JSON: anything may come
        log.debug("linehaul raised %s for a user agent", type(error).__name__)
        return None
    name = one_line(parsed.installer.name) if parsed and parsed.installer else None
    if name and user_agent.startswith(OF_JSON):
        name = user_agent.partition("/")[0]
    return _installer(name, parsed) if name and name != TOOL else None


def _installer(name: str, parsed: object) -> Installer:
    parts = {
        part: getattr(parsed, part, None) for part in ("installer", "implementation", "system", "distro")
    }
    names = {part: one_line(getattr(value, "name", None)) for part, value in parts.items()}
    return Installer(
        name=name,
        version=one_line(getattr(parts["installer"], "version", None)),
        implementation=names["implementation"],
        system=names["system"] or names["distro"],
    )
