"""What the command prints: tables and sentences for people, lines of JSON for programs.

Event data is written by strangers: what could steer a terminal is shown and not obeyed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, and those that change the direction of what follows."""

LAST_OF_LATIN_1 = 0xFF
UNKNOWN = "-"


def safe(value: object) -> str:
    """Text on one line that cannot steer a terminal."""
    return STEERING.sub(_visible, str(value))


def console(*, stderr: bool = False) -> Console:
    """Where to print: no markup, no guessed highlighting, never wrapped when it is not a terminal."""
    from rich.console import Console  # noqa: PLC0415 - an extra, and slow to import

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 10_000
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width, soft_wrap=True)


def say(sentence: str) -> None:
    """A sentence on standard error, where it does not disturb what a program reads."""
    print(safe(sentence), file=sys.stderr, flush=True)


def show(line: str) -> None:
    """A line of the answer itself, on standard output."""
    print(safe(line), flush=True)


def print_json(value: Any, convert: Callable[[Any], Any] = str) -> None:
    """One JSON object on one line."""
    text = msgspec.json.encode(value, enc_hook=convert).decode()
    print(STEERING.sub(_escaped, text), flush=True)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """A table, or nothing without rows; None is shown as a dash. Columns named in *right* hold numbers."""
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(UNKNOWN if cell is None else safe(cell)) for cell in row))
    if table.row_count:
        console().print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print(f"{name:<{width}}  {UNKNOWN if value is None else safe(value)}")


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code <= LAST_OF_LATIN_1 else f"\\u{code:04x}"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
