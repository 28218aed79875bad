"""Values that are no secret whatever the name in front of them: versions, states, counts and directories."""

from __future__ import annotations

from .versions import compiled, is_entry, is_specifier, may_have_version

LEAST = 2
"""Characters of a secret."""

_STATED = "null true false none yes no on off ok enabled disabled granted denied required optional"
_STATES = frozenset(_STATED.split())
"""What says whether there is a secret, or what became of it."""

_DIRECTORY = (
    r"[/~]|[A-Za-z]:(?:[/\\][\w.\a\b\f\v\x1b/\\-]{0,255})?|~?(?:/[\w.-]{1,64}){2,32}/?"
    r"|~?/(?:app|builds?|code|data|etc|home|mnt|opt|root|src|srv|tmp|usr|var|workspaces?)/?"
)
"""Of Windows, perhaps with escapes that are none, or of others: with two names, or one that is common."""

_OUTCOMES = r"(?i:(?<![A-Za-z])(?:x?fail(?:ed|ures?)?|skip(?:ped)?|errors?)\W{1,3}[0-9])"
_NEAR = 60


def is_ordinary(name: str, value: str) -> bool:
    """Whether a text named like a secret is none: a state, a digit, a version, a package, a directory."""
    if len(value) < LEAST:
        return not value.isalpha()
    if value.lower() in _STATES:
        return True
    if may_have_version(name) and (is_entry(value) if value[0] == "{" else is_specifier(value)):
        return True
    return name.lower() == "pwd" and bool(compiled(_DIRECTORY).fullmatch(value))


def counts_tests(name: str, text: str, start: int) -> bool:
    """Whether ``pass=12`` stands beside ``fail=0``."""
    return name.lower() == "pass" and bool(
        compiled(_OUTCOMES).search(text, max(start - _NEAR, 0), start + _NEAR)
    )
