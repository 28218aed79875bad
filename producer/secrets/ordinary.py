"""Values that are no secret whatever the name in front of them: versions, states, counts and directories."""

from __future__ import annotations

from .forms import compiled
from .versions import is_entry, is_specifier, may_have_version

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

_OUTCOME = r"(?i:(?:x?fail(?:ed|ures?)?|skip(?:ped)?|errors)[=: ]{1,2}[0-9]{1,6})"
_JOINED = r"[\s,;|/(\[]{1,3}"
_BESIDE = (
    rf"(?<![\w&?.-]){_OUTCOME}{_JOINED}pass[ ]?=[ ]?\Z",
    rf"[0-9]{{1,6}}{_JOINED}{_OUTCOME}(?![\w&.-])",
)
"""A count of other tests, with nothing between: in front of ``pass=``, and behind it."""

_PERSON = r"(?i:[&?]|user|login|account|mail|uid|password)"
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
    """Whether ``pass=12`` stands beside ``fail=0``, and neither in a query nor near what names a person."""
    if name.lower() != "pass":
        return False
    before, behind = text[max(start - _NEAR, 0) : start], text[start : start + _NEAR]
    return not compiled(_PERSON).search(before + behind) and bool(
        compiled(_BESIDE[0]).search(before.lower()) or compiled(_BESIDE[1]).match(behind)
    )
