"""How an event reads: the catalogue's sentence filled with what the viewer may see.

A sentence is text with names in braces. Text in brackets is shown if every value it
names is known: ``{user} logged in[ with {method}]``. Bars separate alternatives, of which
the first whose values are known is shown: ``[{project}|{project_name}|a project]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

from trailkeeper.producer.deceptive import plain_text

UNKNOWN = {
    "actor": "Someone",
    "user": "an unnamed user",
    "project": "an unnamed project",
    "organization": "an unnamed organization",
    "ip": "an unknown address",
}
"""Replaces a value that the event does not have or the viewer may not see."""

MAX_VALUE = 200
"""Characters of one value, so that a payload cannot hide the rest of its sentence."""

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")

Pieces = tuple[tuple[str, str | None], ...]
"""Pairs of a text and the name that follows it."""


def placeholders(sentence: str) -> set[str]:
    """The names in braces, also within brackets.

    Raises:
        ValueError: a brace or bracket is not closed, brackets are nested, or a name is not an identifier.
    """
    return {
        name
        for _, alternatives in _parsed(sentence)
        for pieces in alternatives
        for _, name in pieces
        if name is not None
    }


def render(sentence: str, parts: Mapping[str, Any]) -> str:
    """The sentence filled with *parts*, on one line; never raises for a missing one.

    Args:
        sentence: from the catalogue.
        parts: display names of actor and subjects, and payload values; see `sentence_parts`.
    """
    words: list[str] = []
    begins_with_value = False
    for in_brackets, alternatives in _parsed(sentence):
        for literal, name in _chosen(alternatives, parts) if in_brackets else alternatives[0]:
            if literal:
                words.append(literal)
            if name is not None:
                value = parts.get(name)
                begins_with_value |= not words and not _is_missing(value)
                words.append(_word(name, value))
    text = "".join(words)
    return text if begins_with_value else text[:1].upper() + text[1:]


def sentence_parts(additional: Mapping[str, Any] | None, **named: str | None) -> dict[str, Any]:
    """The values for `render`.

    Args:
        additional: the payload, as far as the viewer may see it.
        **named: actor, user, project, organization and ip, as the viewer may see them. If the event has
            none, a payload key of the same name is used: a publisher can be pending for a ``project`` that
            does not exist yet.
    """
    parts = dict(additional) if additional else {}
    for name, value in named.items():
        if value:
            parts[name] = value
    return parts


@lru_cache(maxsize=4096)
def _parsed(sentence: str) -> tuple[tuple[bool, tuple[Pieces, ...]], ...]:
    """Plain text and brackets alternately: whether it is in brackets, and the alternatives."""
    return tuple(_parsed_parts(sentence))


def _parsed_parts(sentence: str) -> Iterator[tuple[bool, tuple[Pieces, ...]]]:
    for position, text in enumerate(_BRACKETS.split(sentence)):
        if position % 2:
            yield True, tuple(_pieces(alternative) for alternative in text.split("|"))
        elif "[" in text or "]" in text:
            raise ValueError("a bracket is not closed, or is within brackets")
        else:
            yield False, (_pieces(text),)


def _pieces(text: str) -> Pieces:
    return tuple(
        (literal, _plain(name, spec, conversion))
        for literal, name, spec, conversion in Formatter().parse(text)
    )


def _plain(name: str | None, spec: str | None, conversion: str | None) -> str | None:
    if name is not None and (not name.isidentifier() or spec or conversion):
        raise ValueError(f"{{{name}}} is not a plain name")
    return name


def _chosen(alternatives: tuple[Pieces, ...], parts: Mapping[str, Any]) -> Pieces:
    for pieces in alternatives:
        for _, name in pieces:
            if name is not None and _is_missing(parts.get(name)):
                break
        else:
            return pieces
    return ()


def _word(name: str, value: Any) -> str:
    """A value as text, or what replaces a missing one."""
    if type(value) is str and value:  # nearly always
        return plain_text(value) if len(value) <= MAX_VALUE else _one_line(value)
    if _is_missing(value):
        return UNKNOWN.get(name, "(not given)")
    return _one_line(_text(value))


def _is_missing(value: Any) -> bool:
    """Whether it is None or an empty text, list or object; zero and false are values."""
    return not value and not isinstance(value, (int, float))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return str(value)


def _one_line(text: str) -> str:
    """Cut, and without line ends, terminal escapes and bidi controls."""
    if len(text) > MAX_VALUE:
        text = text[: MAX_VALUE - 1] + "…"
    return plain_text(text)
