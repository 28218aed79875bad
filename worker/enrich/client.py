"""The client behind a user agent: browser, installer, bot or library."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import ClassVar

import msgspec

from .agents import SPIDER, Agent, agent
from .installers import BROWSER, Installer, installer
from .kinds import BROWSERS, Kind, kind_of
from .products import Product, product

NO_USER_AGENT = "No User-Agent"
UNKNOWN_USER_AGENT = "Unknown User-Agent"
UNKNOWN_BROWSER = "Unknown Browser"

CACHE_SIZE = 20_000  # user agents, least recently used leave first
RULES = 1
"""Raised when this package words or sorts clients differently, so that a backfill finds what is older."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What a user agent was understood as.

    Attributes:
        display: one line for people, never empty: "Firefox (Ubuntu)", "twine (CPython)".
        kind: ``browser`` (and other applications people look at), ``installer`` of packages (and mirrors),
            ``bot``, ``library`` (and command-line tools, services and other programs), ``unknown``.
        version: of what is named, as far as it tells.
        os: operating system, without its version.
        source: what understood it: ``linehaul``, ``ua-parser``, ``product`` (its own word) or ``none``.
        build: versions of all that was asked; the same for every client found by one installation.
    """

    display: str
    kind: Kind = "unknown"
    name: str | None = None
    version: str | None = None
    os: str | None = None
    device: str | None = None
    source: str = "none"
    build: str


class ClientFinder:
    """Enrichment: the client behind a user agent.

    Attributes:
        build: what each client found by this finder carries.
    """

    name: ClassVar[str] = "client"
    fact: ClassVar[str] = "user_agent"
    keeps_fact: ClassVar[bool] = True

    def __init__(self, cache_size: int = CACHE_SIZE) -> None:
        packages = ", ".join(
            f"{name} {version(name)}" for name in ("linehaul", "ua-parser", "ua-parser-builtins")
        )
        self.build = f"{packages}, rules {RULES}"
        self._remembered = lru_cache(cache_size)(self._look_up)

    def find(self, user_agent: str | None) -> Client:
        """The client behind *user_agent*, whatever it contains; never raises."""
        return self._remembered(user_agent)

    def changes(self) -> int:
        """Never: the parsers are part of the installation."""
        return 0

    def is_current(self, source: str, build: str) -> bool:  # noqa: ARG002 - one build stands for all sources
        """Whether a client of this build was found by the parsers now installed."""
        return build == self.build

    def _look_up(self, user_agent: str | None) -> Client:
        text = (user_agent or "").encode("utf-8", "replace").decode("utf-8").strip()
        if not text:
            return Client(display=NO_USER_AGENT, build=self.build)
        known = installer(text)
        if known and known.name != BROWSER:
            return self._of_installer(known)
        return self._of_agent(text, agent(text), browser=known is not None)

    def _of_installer(self, known: Installer) -> Client:
        line = _with_details(known.name, known.implementation, known.system)
        kind = kind_of(known.name, bot=False, otherwise="installer")
        itself = Agent(name=known.name, version=known.version, os=known.system)
        return self._of_parts(line, kind, itself, source="linehaul")

    def _of_agent(self, text: str, parsed: Agent, *, browser: bool) -> Client:
        if parsed.name:
            return self._of_name(parsed.name, parsed)
        named = product(text)
        if named:
            return self._of_product(named, parsed)
        if browser:
            line = _browser(None, parsed.os, parsed.device)
            return self._of_parts(line, "browser", parsed, source="ua-parser")
        return self._of_parts(UNKNOWN_USER_AGENT, "unknown", parsed, source="none")

    def _of_name(self, name: str, parsed: Agent) -> Client:
        kind = kind_of(name, bot=parsed.spider, otherwise="browser")
        return self._of_parts(_display(name, kind, parsed), kind, parsed, source="ua-parser")

    def _of_product(self, named: Product, parsed: Agent) -> Client:
        kind = kind_of(named.name, bot=named.bot or parsed.spider, otherwise="library")
        itself = msgspec.structs.replace(parsed, name=named.name, version=named.version, device=None)
        return self._of_parts(named.name, kind, itself, source="product")

    def _of_parts(self, display: str, kind: Kind, parsed: Agent, *, source: str) -> Client:
        return Client(
            display=display,
            kind=kind,
            name=parsed.name,
            version=parsed.version,
            os=parsed.os,
            device=parsed.device,
            source=source,
            build=self.build,
        )


def _display(name: str, kind: Kind, parsed: Agent) -> str:
    if kind == "browser":
        return _browser(name, parsed.os, parsed.device)
    if kind == "bot" and name in BROWSERS:
        return _browser(name, parsed.os, SPIDER)
    return name


def _browser(name: str | None, os: str | None, device: str | None) -> str:
    """Such as "Chrome Mobile iOS (iOS on iPhone)", "Firefox (Ubuntu)", "Unknown Browser"."""
    return _with_details(name or UNKNOWN_BROWSER, os, device)


def _with_details(name: str, what: str | None, on: str | None) -> str:
    """Such as "poetry (CPython on Linux)", "twine (CPython)", "maturin"."""
    details = " on ".join(part for part in (what, on) if part)
    return f"{name} ({details})" if details else name
