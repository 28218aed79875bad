"""How an event reads: the catalogue's sentence filled with what the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

UNKNOWN = {
    "actor": "Someone",
    "user": "an unnamed user",
    "project": "an unnamed project",
    "organization": "an unnamed organization",
    "ip": "an unknown address",
}
"""What stands for a part that the event does not have or the viewer may not see."""


def placeholders(sentence: str) -> set[str]:
    """The names in braces.

    Raises:
        ValueError: a brace is not closed, or a placeholder is more than a plain name.
    """
    names = {name for _, name, spec, conversion in Formatter().parse(sentence) if _plain(name, spec, conversion)}
    return {name for name in names if name is not None}


def _plain(name: str | None, spec: str | None, conversion: str | None) -> bool:
    if name is None:
        return False
    if not name.isidentifier() or spec or conversion:
        raise ValueError(f"{{{name}}} is not a plain name")
    return True


def render(sentence: str, parts: Mapping[str, Any]) -> str:
    """The sentence with *parts* in its places; never raises for a part that is missing.

    Args:
        sentence: from the catalogue.
        parts: display names of actor and subjects, and payload values.
    """
    return "".join(
        literal + (_shown(name, parts.get(name)) if name else "")
        for literal, name, _, _ in Formatter().parse(sentence)
    )


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN.get(name, "(not given)")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
