"""The client behind a user agent: browser, installer, bot or library."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from .agents import Agent, agent
from .crawlers import crawler_name, is_crawler, without_contacts, without_model
from .installers import BROWSER, Installer, installer
from .kinds import Kind, is_library, kind_of
from .products import Product, head, product, within

NO_USER_AGENT = "No User-Agent"
UNKNOWN_USER_AGENT = "Unknown User-Agent"
UNKNOWN_BROWSER = "Unknown Browser"

CACHE_SIZE = 20_000  # user agents, least recently used leave first
RULES = 3
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
        return self._of_agent(text, browser=known is not None)

    def _of_installer(self, known: Installer) -> Client:
        line = _with_details(known.name, known.implementation, known.system)
        kind = kind_of(known.name, otherwise="installer")
        itself = Agent(name=known.name, version=known.version, os=known.system)
        return self._of_parts(line, kind, itself, source="linehaul")

    def _of_agent(self, text: str, *, browser: bool) -> Client:
        whole = without_contacts(text)
        plain = without_model(whole)
        parsed, named = agent(plain), product(plain)
        if plain is not whole:
            parsed = replace(parsed, device=agent(whole).device)
        if inner := within(text):
            return self._of_inner(inner, parsed)
        if parsed.name is None or not is_library(parsed.name):
            if is_library(name := head(plain)):
                return self._of_product(named or Product(name, None), parsed)
            if parsed.spider or whole != text or is_crawler(plain):
                return self._of_crawler(plain, parsed)
        if named and not parsed.name:
            return self._of_product(named, parsed)
        if parsed.name or browser:
            return self._of_browser(parsed)
        return self._of_parts(UNKNOWN_USER_AGENT, "unknown", parsed, source="none")

    def _of_browser(self, parsed: Agent) -> Client:
        kind = kind_of(parsed.name or "", otherwise="browser")
        line = _browser(parsed.name, parsed.os, parsed.device) if kind == "browser" else parsed.name or ""
        return self._of_parts(line, kind, parsed, source="ua-parser")

    def _of_inner(self, inner: Product, parsed: Agent) -> Client:
        itself = replace(parsed, name=inner.name, version=inner.version)
        line = _browser(inner.name, parsed.os, parsed.device)
        return self._of_parts(line, kind_of(inner.name, otherwise="browser"), itself, source="product")

    def _of_crawler(self, plain: str, parsed: Agent) -> Client:
        """By ua-parser's name for it, by its own, or as the browser that it drives."""
        if parsed.name and is_crawler(parsed.name):
            return self._of_parts(parsed.name, "bot", parsed, source="ua-parser")
        own = crawler_name(plain)
        if own:
            itself = replace(parsed, name=own[0], version=own[1], device=None)
            return self._of_parts(own[0], "bot", itself, source="product")
        line = _browser(parsed.name, parsed.os, None) if parsed.name else UNKNOWN_USER_AGENT
        return self._of_parts(line, "bot", parsed, source="ua-parser" if parsed.name else "none")

    def _of_product(self, named: Product, parsed: Agent) -> Client:
        itself = replace(parsed, name=named.name, version=named.version, device=None)
        return self._of_parts(named.name, kind_of(named.name, otherwise="library"), itself, source="product")

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


def _browser(name: str | None, os: str | None, device: str | None) -> str:
    """Such as "Chrome Mobile iOS (iOS on iPhone)", "Firefox (Ubuntu)", "Unknown Browser"."""
    return _with_details(name or UNKNOWN_BROWSER, os, device)


def _with_details(name: str, what: str | None, on: str | None) -> str:
    """Such as "poetry (CPython on Linux)", "twine (CPython)", "maturin"."""
    details = " on ".join(part for part in (what, on) if part)
    return f"{name} ({details})" if details else name
