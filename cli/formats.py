"""Prints a history as a table, lines of JSON or CSV: `first` what is there, `more` what follows it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from trailkeeper.views.csv_rows import header, lines

from .output import UNKNOWN, print_json, print_table, safe, show
from .times import moment

LINE_END = "\r\n"
COLUMNS = ["time (UTC)", "what", "address", "location", "client", "network"]
Event = dict[str, Any]


class TableFormat:
    """For people."""

    def first(self, events: Iterable[Event]) -> None:
        """Print a table, aligned."""
        print_table(COLUMNS, map(row, events))

    def more(self, events: Iterable[Event]) -> None:
        """Print a line each; the widths of columns are not known in a stream."""
        for event in events:
            show("  ".join(UNKNOWN if cell is None else str(cell) for cell in row(event)))


class JsonFormat:
    """For programs: the object that the API gives, one a line."""

    def first(self, events: Iterable[Event]) -> None:
        """Print a line each."""
        for event in events:
            print_json(event)

    more = first


class CsvFormat:
    """For spreadsheets, in which no untrusted cell is run as a formula."""

    def first(self, events: Iterable[Event]) -> None:
        """Print the heading, and a line each."""
        sys.stdout.write(header())
        self.more(events)

    def more(self, events: Iterable[Event]) -> None:
        """Print a line each."""
        for event in events:
            sys.stdout.write(safe(lines([event]).removesuffix(LINE_END)) + LINE_END)
        sys.stdout.flush()


Format = TableFormat | JsonFormat | CsvFormat
FORMATS: dict[str, type[Format]] = {"table": TableFormat, "json": JsonFormat, "csv": CsvFormat}


def row(event: Event) -> tuple[object, ...]:
    """An event as cells of a table; None for what is hidden or unknown."""
    return (
        moment(datetime.fromisoformat(event["occurred_at"])),
        event["sentence"] or event["tag"],
        event.get("ip"),
        *((event.get(of) or {}).get("display") for of in ("location", "client", "network")),
    )
