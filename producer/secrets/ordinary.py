"""Values that are no secret whatever the name in front of them: versions, states, counts and directories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

LEAST = 2
"""Characters of a secret."""

_STATED = "null true false none yes no on off ok enabled disabled granted denied required optional"
_STATES = frozenset(_STATED.split())
"""What says whether there is a secret, or what became of it."""

_compiled = cache(re.compile)
"""When it is first needed: few texts have the name of a secret."""

_NUMBER = r"[0-9]{1,8}"
_TAIL = (
    "(?:[-_.]?(?:a|alpha|b|beta|c|rc|pre|preview|dev|post|final|snapshot|canary|next|nightly|r|rev|p)"
    "[-.]?[0-9]{0,8})"
)
_VERSION = (
    rf"(?:(?:[0-9]{{1,2}}[!:])?v?{_NUMBER}(?:\.(?:{_NUMBER}|[*xX])){{1,8}}{_TAIL}{{0,3}}"
    r"(?:-[0-9][0-9A-Za-z.~]{0,12})?(?:\+[0-9A-Za-z.]{1,24})?(?:=[0-9A-Za-z_]{1,40})?"
    rf"|v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}-(?-i:[0-9a-z.-]{{1,48}}))"
)
"""Of Python, npm, Cargo, Debian and conda; with at least one dot."""

_OPERATOR = r"(?:\^|~|~=|~>|>=?|<=?|={1,3}|!=)"
_CLAUSE = rf"(?:{_OPERATOR}[ ]?(?:{_VERSION}|v?[0-9]{{1,3}})|{_VERSION}|\*|latest|workspace:[*^~]?)"
_SPECIFIER = rf"(?i:{_CLAUSE}(?:[ ]?(?:,|\|\||-|[ ])[ ]?{_CLAUSE}){{0,8}}[.,;:!?)\]}}]{{0,3}})"
_DIRECTORY = (
    r"[/~]|[A-Za-z]:(?:[/\\][\w.\a\b\f\v\x1b/\\-]{0,255})?|~?(?:/[\w.-]{1,64}){2,32}/?"
    r"|~?/(?:app|builds?|code|data|etc|home|mnt|opt|root|src|srv|tmp|usr|var|workspaces?)/?"
)
"""Of Windows, perhaps with escapes that are none, or of others: with two names, or one that is common."""

_KEY = r"""["']([\w-]{1,64})["']\s{0,8}:|(?<!["'\w-])([A-Za-z][\w-]{0,64})\s{0,8}="""
_OWN_VERSION = r"""["']?version["']?\s{0,8}[:=]\s{0,8}["']([^"']{1,64})["']"""
_OF_PACKAGES = """
    version resolved integrity requires dependencies dev optional peer bundled bin engines funding license
    link features default-features default_features registry package python extras markers source hashes
    index git rev branch tag url sha256 checksum groups subdirectory workspace
"""
_PACKAGE: frozenset[object] = frozenset(_OF_PACKAGES.split())
_OUTCOMES = r"(?i:(?<![A-Za-z])(?:x?fail(?:ed|ures?)?|skip(?:ped)?|errors?)\W{1,3}[0-9])"
_NEAR = 60


def is_ordinary(name: str, value: str) -> bool:
    """Whether a text named like a secret is none: a state, a digit, a version, a package, a directory."""
    if len(value) < LEAST:
        return not value.isalpha()
    if value.lower() in _STATES or _compiled(_SPECIFIER).fullmatch(value):
        return True
    if value[0] == "{":
        version = _compiled(_OWN_VERSION).search(value)
        keys = {quoted or bare for quoted, bare in _compiled(_KEY).findall(value)}
        return version is not None and is_package(keys, version[1])
    return name.lower() == "pwd" and bool(_compiled(_DIRECTORY).fullmatch(value))


def is_package(keys: Iterable[object], version: object) -> bool:
    """Whether an object with these keys is what a manifest or lock file says of a package of this version."""
    return (
        _PACKAGE.issuperset(keys)
        and isinstance(version, str)
        and bool(_compiled(_SPECIFIER).fullmatch(version))
    )


def counts_tests(name: str, text: str, start: int) -> bool:
    """Whether ``pass=12`` stands beside ``fail=0``."""
    return name.lower() == "pass" and bool(
        _compiled(_OUTCOMES).search(text, max(start - _NEAR, 0), start + _NEAR)
    )
