"""Catalogue files to a `Catalogue`, refusing at load what would surprise at emit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from ..errors import CatalogueError
from .catalogue import Catalogue
from .event_type import EventType
from .sentence import placeholders

TAG = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){1,4}")
ALWAYS_KNOWN = {"actor", "user", "project", "organization", "ip"}


def load(paths: Iterable[str] = ()) -> Catalogue:
    """The shipped event types and those of *paths*; an application may declare a shipped tag anew.

    Raises:
        CatalogueError: names the file, the event type and what was expected.
    """
    shipped = _collect(_shipped())
    own = _collect(map(_read, paths))
    return Catalogue([*(kind for kind in shipped if kind.tag not in {own_kind.tag for own_kind in own}), *own])


def _collect(files: Iterable[tuple[str, str]]) -> list[EventType]:
    """The event types of some files, none of which may say the same twice."""
    found: list[EventType] = []
    taken: set[str] = set()
    for source, text in files:
        for kind in _parse(source, text):
            _refuse_twice(source, kind, taken)
            taken.update((kind.tag, *kind.aliases))
            found.append(kind)
    return found


def _shipped() -> Iterator[tuple[str, str]]:
    folder = resources.files(__package__) / "data"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")


def _read(path: str) -> tuple[str, str]:
    try:
        return path, Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error


def _parse(source: str, text: str) -> Iterator[EventType]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{source}: not TOML: {error}") from error
    events = document.get("events")
    if not isinstance(events, dict):
        raise CatalogueError(f'{source}: no event types; expected tables such as [events."thing:subject:action"]')
    for tag, table in events.items():
        yield _event_type(f"{source}: {tag}", tag, table)


def _event_type(where: str, tag: str, table: Any) -> EventType:
    if not TAG.fullmatch(tag):
        raise CatalogueError(f"{where}: not a tag; expected 2 to 5 lower-case words joined by colons")
    try:
        kind = msgspec.structs.replace(msgspec.convert(table, EventType), tag=tag)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{where}: {error}") from error
    _refuse_undeclared(where, kind)
    return kind


def _refuse_undeclared(where: str, kind: EventType) -> None:
    try:
        used = placeholders(kind.sentence)
    except ValueError as error:
        raise CatalogueError(f"{where}: sentence {kind.sentence!r}: {error}") from error
    for name in sorted(used - ALWAYS_KNOWN - set(kind.payload)):
        raise CatalogueError(f"{where}: sentence names {{{name}}}; expected a key of payload")
    for name in sorted(set(kind.private) - set(kind.payload)):
        raise CatalogueError(f"{where}: private names {name!r}; expected a key of payload")


def _refuse_twice(source: str, kind: EventType, taken: set[str]) -> None:
    for name in (kind.tag, *kind.aliases):
        if name in taken:
            raise CatalogueError(f"{source}: {name} is declared already; expected each tag and alias once")
