"""Loads catalogue files into a `Catalogue`, and refuses mistakes that would otherwise show up at an emit.

A file holds tables such as ``[events."project:release:add"]``. A table ``[defaults]``
holds fields that all its event types have in common.
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
COMMON = {"scope", "group", "audience", "by", "delivery", "retention_days"}
"""The fields allowed in `[defaults]`: those that make sense for more than one tag."""


def load(paths: Iterable[str] = ()) -> Catalogue:
    """The shipped event types and those of *paths*.

    An application may declare a shipped tag again: its table replaces the shipped one,
    whose aliases keep working.

    Raises:
        CatalogueError: names the file, the event type, the field and what was expected.
    """
    shipped = {kind.tag: kind for kind in _shipped()}
    own = _collect(map(_read, paths), shipped)
    return Catalogue([*(shipped | own).values()])


@cache
def _shipped() -> tuple[EventType, ...]:
    """Parsed once per process: the files do not change while it runs."""
    return tuple(_collect(_shipped_files(), {}).values())


def _collect(files: Iterable[tuple[str, str]], shipped: dict[str, EventType]) -> dict[str, EventType]:
    """The event types of some files, which may declare each name only once."""
    kinds: dict[str, EventType] = {}
    names: set[str] = set()
    for source, text in files:
        for kind in _parse(source, text):
            _refuse_twice(f"{source}: {kind.tag}", kind, names, shipped)
            names.update((kind.tag, *kind.aliases))
            kinds[kind.tag] = kind
    return {tag: _with_shipped_aliases(kind, shipped.get(tag), names) for tag, kind in kinds.items()}


def _with_shipped_aliases(kind: EventType, shipped: EventType | None, names: set[str]) -> EventType:
    kept = [alias for alias in shipped.aliases if alias not in names] if shipped else []
    return msgspec.structs.replace(kind, aliases=(*kind.aliases, *kept)) if kept else kind


def _shipped_files() -> Iterator[tuple[str, str]]:
    folder = resources.files(__package__) / "data"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")


def _read(path: str) -> tuple[str, str]:
    try:
        return path, Path(path).read_text(encoding="utf-8-sig")  # Windows' editors write a byte order mark
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a NUL in the path
        raise CatalogueError(f"{path}: cannot be read: {error}; expected a TOML file in UTF-8") from error


def _parse(source: str, text: str) -> Iterator[EventType]:
    import tomllib  # noqa: PLC0415 - a tenth of the cost of importing us

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
    if unknown := document.keys() - TOP_LEVEL:
        raise CatalogueError(
            f"{source}: {', '.join(sorted(unknown))} at the top; expected defaults and events only"
        )
    if not isinstance(defaults, dict) or defaults.keys() - COMMON:
        raise CatalogueError(
            f"{source}: defaults is {defaults!r:.100}; expected a table of {', '.join(sorted(COMMON))}"
        )
    return defaults, events


def _refuse_twice(where: str, kind: EventType, names: set[str], shipped: dict[str, EventType]) -> None:
    for name in (kind.tag, *kind.aliases):
        if name in names:
            raise CatalogueError(f"{where}: {name} is declared already; expected each tag and alias once")
    for alias in kind.aliases:
        if alias in shipped:
            raise CatalogueError(
                f"{where}: {alias} in aliases is a shipped tag; to replace it, declare a table of that tag"
            )
