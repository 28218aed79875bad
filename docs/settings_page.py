"""The settings reference, from the structs that the packages read their environment with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect as types

from trailkeeper.cli.all_settings import ATTRIBUTE, KINDS
from trailkeeper.producer.settings import variable

HEAD = """\
# Settings

<!-- Generated from the settings of producer, worker, views and cli by `make docs`; change them there. -->

Every setting is an environment variable. A wrong value stops the program at its start with the name of the
variable, its value and what was expected; `trailkeeper config` shows what is in force. Where several programs
read a variable, give all of them the same value. Paths are separated by `:`, words by commas.

| variable | read by | type | default | meaning |
|---|---|---|---|---|
"""


def settings_page() -> str:
    """The page: one table, by name of the variable."""
    readers: dict[str, list[str]] = {}
    for package, kind in KINDS.items():
        for field in msgspec.structs.fields(kind):
            readers.setdefault(field.name, []).append(package)
    return HEAD + "".join(_row(name, packages) for name, packages in sorted(readers.items()))


def _row(name: str, packages: list[str]) -> str:
    kind = KINDS[packages[0]]
    field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
    cells = (
        f"`{variable(name)}`",
        ", ".join(packages),
        _words(types.type_info(field.type)),
        _default(field.default),
        _meaning(kind, name),
    )
    return f"| {' | '.join(cells)} |\n"


def _default(value: Any) -> str:
    if value in (None, ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(kind: type[msgspec.Struct], name: str) -> str:
    """From the docstring's section on attributes; where packages share a setting, the first one's."""
    attributes = inspect.cleandoc((inspect.getdoc(kind) or "").partition("Attributes:")[2])
    meanings = {found: " ".join(text.split()) for found, text in ATTRIBUTE.findall(attributes)}
    if name not in meanings:
        raise ValueError(f"{kind.__name__}: its docstring does not say what {name} is; add it to Attributes")
    return meanings[name].replace("``", "`").replace("|", "\\|")


def _words(kind: Any) -> str:
    """A type in words that a person who sets a variable understands."""
    if type(kind) not in WORDS:
        raise ValueError(f"{kind!r} has no words here; add them to docs/settings_page.py")
    return WORDS[type(kind)](kind)


def _bounds(kind: types.IntType | types.FloatType) -> str:
    lowest = (
        f"from {kind.ge:,}" if kind.ge is not None else f"above {kind.gt:,}" if kind.gt is not None else ""
    )
    highest = f"to {kind.le:,}" if kind.le is not None else ""
    return f" {lowest} {highest}".rstrip().replace("  ", " ")


def _inner(kind: types.Metadata) -> str:
    return "words" if (kind.extra or {}).get("separator") == "," else _words(kind.type)


def _either(kind: types.UnionType) -> str:
    return " or ".join(_words(part) for part in kind.types if not isinstance(part, types.NoneType))


WORDS: dict[type, Callable[[Any], str]] = {
    types.Metadata: _inner,
    types.UnionType: _either,
    types.LiteralType: lambda kind: " or ".join(f"`{value}`" for value in kind.values),
    types.VarTupleType: lambda _: "paths",
    types.IntType: lambda kind: "whole number" + _bounds(kind),
    types.FloatType: lambda kind: "number" + _bounds(kind),
    types.BoolType: lambda _: "`true` or `false`",
    types.DateTimeType: lambda _: "time, such as `2026-11-24T12:00:00Z`",
    types.StrType: lambda _: "text",
}
