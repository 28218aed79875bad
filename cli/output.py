"""What the command prints: tables and sentences for people, lines of JSON for programs.

Event data is untrusted: characters that could control a terminal are printed as escapes.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from trailkeeper.producer.deceptive import DECEPTIVE

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
LAST_OF_LATIN_1 = 0xFF
UNKNOWN = "-"
WIDTH, MIN_WIDTH = 100, 40
"""Columns where there is no terminal, and the fewest that are filled."""


def safe(value: object) -> str:
    """Text on one line that cannot control a terminal."""
    return DECEPTIVE.sub(_visible, str(value))


def console(*, stderr: bool = False) -> Console:
    """A console without markup or highlighting, and without wrapping where it is not a terminal."""
    from rich.console import Console  # noqa: PLC0415 - an extra, and slow to import

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 10_000
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width, soft_wrap=True)


def say(message: str) -> None:
    """Print a message on standard error, apart from what a program reads."""
    print(safe(message), file=sys.stderr, flush=True)


def show(line: str) -> None:
    """Print a line of the result on standard output."""
    print(safe(line), flush=True)


def print_json(value: Any, convert: Callable[[Any], Any] = str) -> None:
    """Print one JSON value on one line; *convert* serves for types that msgspec does not know."""
    text = msgspec.json.encode(value, enc_hook=convert).decode()
    print(DECEPTIVE.sub(_escaped, text), flush=True)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table, or nothing without rows; None as a dash, columns in *right* aligned to the right."""
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(UNKNOWN if cell is None else safe(cell)) for cell in row))
    if table.row_count:
        console().print(table)


def print_items(
    items: Iterable[T],
    columns: Sequence[str],
    row: Callable[[T], Sequence[object]],
    *,
    right: Sequence[str] = (),
    to_json: Callable[[T], Any] | None,
) -> None:
    """Print a table with a row for each item; with *to_json*, a JSON object for each instead."""
    if to_json is None:
        print_table(columns, map(row, items), right=right)
        return
    for item in items:
        print_json(to_json(item))


def print_wrapped(text: str, *, indent: int = 0) -> None:
    """Print text in lines that fit the terminal; those after the first are indented."""
    width = max(MIN_WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    start, rest = " " * indent, " " * (indent or 4)
    for line in textwrap.wrap(safe(text), width, initial_indent=start, subsequent_indent=rest):
        print(line)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one pair a line."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print(f"{name:<{width}}  {UNKNOWN if value is None else safe(value)}")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= LAST_OF_LATIN_1 else f"\\u{code:04x}"


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
