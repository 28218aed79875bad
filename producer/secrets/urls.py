"""User and password in a URL, as the libraries read them that open it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .forms import compiled

_LONGEST = 1280
"""Characters of a URL that are read: 255 of a user and 1,024 of a password."""

_BEFORE = re.compile(r"(?P<opened>\\{0,16}[\"'`]|[<(\[{])?(?P<scheme>[A-Za-z][\w+.-]{0,31})?\Z", re.ASCII)
_EXTENT = re.compile(rf"\S{{0,{_LONGEST}}}")
_CLOSING = {"<": ">", "(": ")", "[": "]", "{": "}"}

_USER = r"""(?:(?![,;|](?:e?mail|mailto|user|owner|contact|from|to|by):)[^/:?#()\\\s"'`<>\[\]{}]){0,255}+"""
_PLAIN_USER = r"""[^/:?#()\\\s"'`<>\[\]{}@.$%]{0,255}+"""
_ANY = r"""(?:[^\s"'`]|["'`](?![,:;)}\]]))"""
"""One character of a password: it may be a quote, but none behind which the text around the URL goes on."""

_PORT = r"[0-9]{1,5}"
_END = r"""(?:[/?#,;&|()\\"'`<>\[\]{}]|\Z)"""
_NO_PORT = rf"(?!{_PORT}{_END}|(?i:port|x{{3,5}}|n{{3,5}})/|[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f:.]{{0,40}}/)"
"""Nor a word for one, nor the rest of an address of IPv6 without brackets."""

_AT = r"(?=@(?!sha[0-9]{3}:|v?[0-9]{1,8}\.[0-9]{1,8}(?:\.[0-9]{1,8})?(?![\w.:/-])))"
"""Before the host; an image has a digest there, and a package its version."""

_AUTHORITY = f"{_USER}:{_NO_PORT}(?:(?![/?#]){_ANY}){{1,1024}}{_AT}"
"""Up to the last @ of the authority, as urllib and pip read it: the user may be an email address."""

_SLASHED = f"{_USER.replace('/:', '/:@')}:{_NO_PORT}(?:(?!@){_ANY}){{1,256}}+{_AT}"
"""Or up to the first @, as SQLAlchemy does: the password may hold a slash."""

_DATABASE = (
    f"(?::|{_USER}:(?:{_NO_PORT}|(?=[0-9]{{1,3}}/[^?#]{{1,1024}}@)))"
    rf"(?:(?![?#]){_ANY}){{1,1024}}{_AT}"
)
"""No path of a database has an @: the last one before a query ends the password, even a short number."""

_NO_PAGE = r"(?![$%<{]|(?:[A-Za-z_-]{1,64}|[0-9]{1,8})/(?:[\w.-]{1,64}/){0,8}@)"
_WEB = f"{_AUTHORITY}|{_PLAIN_USER}:{_NO_PORT}{_NO_PAGE}(?:(?!@){_ANY}){{1,256}}+{_AT}"
"""Paths of pages often have an @, but not behind what is no port, no word before ``/@`` and no host."""

_PLACES = _AUTHORITY
_DATABASES = f"{_DATABASE}|{_SLASHED}"
_OTHERS = f"{_AUTHORITY}|{_SLASHED}"
_SCHEMES = {
    **dict.fromkeys(("http", "https", "ws", "wss"), _WEB),
    **dict.fromkeys(("ssh", "git", "file", "svn"), _PLACES),
    **dict.fromkeys(
        ("postgres", "postgresql", "cockroachdb", "mysql", "mariadb", "mssql", "oracle"), _DATABASES
    ),
    **dict.fromkeys(("redis", "rediss", "valkey", "valkeys", "mongodb", "amqp", "amqps"), _DATABASES),
}
"""Of a scheme, or of a part of one: ``postgresql+psycopg2``, ``git+ssh``."""


def users_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each user with a password."""
    if "@" not in text:
        return
    place = text.find("://")
    while place >= 0:
        before = _BEFORE.search(text, max(place - 48, 0), place)
        opened, scheme = (before["opened"], before["scheme"]) if before else (None, None)
        end = _end(text, place + 3, opened)
        found = _pattern(scheme or "").match(text, place + 3, end) if "@" in text[place : end + 1] else None
        if found:
            yield found.span()
        place = text.find("://", found.end() if found else place + 3)


def _pattern(scheme: str) -> re.Pattern[str]:
    parts = scheme.lower().split("+")
    return compiled(_SCHEMES.get(parts[0]) or _SCHEMES.get(parts[-1]) or _OTHERS)


def _end(text: str, start: int, opened: str | None) -> int:
    """Where the URL ends that begins there: before a space, or what closes the quote or bracket before it."""
    extent = _EXTENT.match(text, start)
    end = extent.end() if extent else start
    if not opened:
        return end
    closing = _CLOSING.get(opened, opened)
    place = text.find(closing, start, end)
    while place >= 0 and text[place + len(closing) : place + len(closing) + 1].isalnum():
        # one of the password
        place = text.find(closing, place + 1, end)
    return end if place < 0 else place
