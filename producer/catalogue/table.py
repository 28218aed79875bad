"""Converts one TOML table to an `EventType`; an error names the field, its value and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trailkeeper.producer.errors import CatalogueError

from .event_type import EventType
from .sentence import placeholders

TAG = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){1,4}")
MAX_TAG = 128
ALWAYS_KNOWN = {"actor", "user", "project", "organization", "ip"}
"""Names that any sentence may use besides payload keys."""

EXPECTED = {
    "scope": "user, project, organization or system",
    "sentence": "text",
    "payload": "each key with string, integer, number, boolean, array or object",
    "private": "a list of payload keys",
    "personal": "a list of payload keys",
    "identifying": "a list of payload keys",
    "verified": "a list of identifying keys",
    "unchecked": "a list of payload keys",
    "audience": "self, owner, maintainer or public, each with full or redacted",
    "by": "member, anyone or trail",
    "delivery": "spooled, required or best_effort",
    "retention_days": "a whole number of days, 7 to 36500",
    "aliases": "a list of other spellings of the tag",
    "group": "text",
}
"""What each field of a table must hold."""


def event_type(where: str, tag: str, table: Any) -> EventType:
    """The event type that a table declares.

    Args:
        where: file and tag, as errors begin.
        tag: the table's name.
        table: from TOML, with defaults filled in.

    Raises:
        CatalogueError: names the field, its value and what was expected.
    """
    if not TAG.fullmatch(tag) or len(tag) > MAX_TAG:
        raise CatalogueError(f"{where}: not a tag; expected 2 to 5 lower-case words joined by colons")
    _refuse_unknown_fields(where, table)
    try:
        kind = msgspec.structs.replace(msgspec.convert(table, EventType), tag=tag)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{where}: {_explained(table) or error}") from error
    if nul := next((text for text in _texts(table) if "\0" in text), None):
        raise CatalogueError(f"{where}: has {nul!r:.100}; expected no NUL, which no table can hold")
    _refuse_undeclared(where, kind)
    _refuse_bad_aliases(where, kind)
    return kind


def _texts(value: Any) -> Iterator[str]:
    """All texts of a table, its keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(item)


def _refuse_unknown_fields(where: str, table: Any) -> None:
    if not isinstance(table, dict):
        raise CatalogueError(f"{where}: is {table!r}; expected a table with at least scope and sentence")
    for name in table.keys() - EXPECTED.keys():
        import difflib  # noqa: PLC0415 - loaded only for an error message

        closest = next(iter(difflib.get_close_matches(name, EXPECTED, n=1)), None)
        hint = closest or f"one of {', '.join(EXPECTED)}"
        raise CatalogueError(f"{where}: {name!r} is not a field; expected {hint}")


def _explained(table: Mapping[str, Any]) -> str | None:
    """Which field msgspec refused. Its own message names the place, but not what belongs there."""
    return next(_problems(table), None)


def _problems(table: Mapping[str, Any]) -> Iterator[str]:
    for field in msgspec.structs.fields(EventType):
        if field.name in table:
            for place, value in _places(field.name, table[field.name], field.type):
                yield f"{place} is {value!r:.100}; expected {EXPECTED[field.name]}"
        elif field.required:
            yield f"{field.name} is missing; expected {EXPECTED[field.name]}"


def _places(name: str, value: Any, kind: Any) -> Iterator[tuple[str, Any]]:
    """The wrong part of a field: the field itself, or some of its keys."""
    if isinstance(value, dict):
        wrong = [(f"{name}.{key}", item) for key, item in value.items() if not _fits({key: item}, kind)]
        yield from wrong or ([] if _fits(value, kind) else [(name, value)])
    elif not _fits(value, kind):
        yield name, value


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _refuse_undeclared(where: str, kind: EventType) -> None:
    try:
        used = placeholders(kind.sentence)
    except ValueError as error:
        expected = "names in closed braces, and brackets around parts that may be omitted"
        raise CatalogueError(
            f"{where}: sentence is {kind.sentence!r}: {error}; expected {expected}"
        ) from error
    for name in sorted(used - ALWAYS_KNOWN - set(kind.payload)):
        known = ", ".join(sorted(ALWAYS_KNOWN | set(kind.payload)))
        raise CatalogueError(
            f"{where}: sentence uses {{{name}}}; expected a key of payload, or one of {known}"
        )
    for field in ("private", "unchecked"):
        for name in sorted(set(getattr(kind, field)) - set(kind.payload)):
            raise CatalogueError(f"{where}: {field} has {name!r}; expected a key of payload")
    for field in ("personal", "identifying"):
        for name in sorted(getattr(kind, field)):
            _refuse_bad_path(f"{where}: {field} has {name!r}", name, kind)
    for name in sorted(set(kind.verified) - set(kind.identifying)):
        raise CatalogueError(f"{where}: verified has {name!r}; expected one of the identifying keys")


def _refuse_bad_path(what: str, name: str, kind: EventType) -> None:
    """A key of the payload, or one within an object or array of it."""
    key, *within = name.split(".")
    if key not in kind.payload:
        raise CatalogueError(f"{what}; expected a key of payload")
    if within and (not all(within) or kind.payload[key] not in {"object", "array"}):
        raise CatalogueError(f"{what}; expected dots within objects and arrays only")


def _refuse_bad_aliases(where: str, kind: EventType) -> None:
    for alias in kind.aliases:
        if not 0 < len(alias) <= MAX_TAG or alias == kind.tag or kind.aliases.count(alias) > 1:
            raise CatalogueError(
                f"{where}: aliases has {alias!r:.150}; expected other spellings, each once, "
                f"of 1 to {MAX_TAG} characters"
            )
