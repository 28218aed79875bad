"""Catalogue files to a `Catalogue`, refusing at load what would surprise at emit.

A file holds tables such as ``[events."project:release:add"]``. A table
``[defaults]`` may say once what all of its event types have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from trailkeeper.producer.errors import CatalogueError

from .catalogue import Catalogue
from .event_type import EventType
from .table import event_type

TOP_LEVEL = {"defaults", "events"}
COMMON = {"scope", "group", "audience", "delivery", "retention_days"}
"""What `[defaults]` may say: not what belongs to one tag alone."""


def load(paths: Iterable[str] = ()) -> Catalogue:
    """The shipped event types and those of *paths*.

    An application may declare a shipped tag anew: its table then counts alone,
    except that the shipped aliases go on leading to it.

    Raises:
        CatalogueError: names the file, the event type, the field and what was expected.
    """
    shipped = {kind.tag: kind for kind in _shipped()}
    own = _collect(map(_read, paths), shipped)
    return Catalogue([*(shipped | own).values()])


@cache
def _shipped() -> tuple[EventType, ...]:
    """Parsed once a process: they do not change while it runs."""
    return tuple(_collect(_shipped_files(), {}).values())


def _collect(files: Iterable[tuple[str, str]], shipped: dict[str, EventType]) -> dict[str, EventType]:
    """The event types of some files, none of which may say the same twice."""
    found: dict[str, EventType] = {}
    taken: set[str] = set()
    for source, text in files:
        for kind in _parse(source, text):
            _refuse_twice(f"{source}: {kind.tag}", kind, taken, shipped)
            taken.update((kind.tag, *kind.aliases))
            found[kind.tag] = kind
    return {tag: _with_shipped_aliases(kind, shipped.get(tag), taken) for tag, kind in found.items()}


def _with_shipped_aliases(kind: EventType, shipped: EventType | None, taken: set[str]) -> EventType:
    kept = [alias for alias in shipped.aliases if alias not in taken] if shipped else []
    return msgspec.structs.replace(kind, aliases=(*kind.aliases, *kept)) if kept else kind


def _shipped_files() -> Iterator[tuple[str, str]]:
    folder = resources.files(__package__) / "data"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")


def _read(path: str) -> tuple[str, str]:
    try:
        return path, Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a NUL in the path
        raise CatalogueError(f"{path}: cannot be read: {error}; expected a TOML file in UTF-8") from error


def _parse(source: str, text: str) -> Iterator[EventType]:
    import tomllib  # noqa: PLC0415 - its patterns are a tenth of what importing us costs

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CatalogueError(f"{source}: not TOML: {error}") from error
    defaults, events = _sections(source, document)
    for tag, table in events.items():
        yield event_type(f"{source}: {tag}", tag, {**defaults, **table} if isinstance(table, dict) else table)


def _sections(source: str, document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    defaults, events = document.get("defaults", {}), document.get("events")
    if not isinstance(events, dict):
        raise CatalogueError(
            f'{source}: no event types; expected tables such as [events."thing:subject:action"]'
        )
    if stray := document.keys() - TOP_LEVEL:
        raise CatalogueError(
            f"{source}: {', '.join(sorted(stray))} at the top; expected defaults and events only"
        )
    if not isinstance(defaults, dict) or (stray := defaults.keys() - COMMON):
        raise CatalogueError(
            f"{source}: defaults is {defaults!r:.100}; expected a table of {', '.join(sorted(COMMON))}"
        )
    return defaults, events


def _refuse_twice(where: str, kind: EventType, taken: set[str], shipped: dict[str, EventType]) -> None:
    for name in (kind.tag, *kind.aliases):
        if name in taken:
            raise CatalogueError(f"{where}: {name} is declared already; expected each tag and alias once")
    for alias in kind.aliases:
        if alias in shipped:
            raise CatalogueError(
                f"{where}: aliases names {alias}, a shipped tag; expected a table of that tag to replace it"
            )
