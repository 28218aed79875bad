"""A history as a table, as lines of JSON and as CSV."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from trailkeeper.views.csv_rows import header, lines

from .output import UNKNOWN, print_json, print_table, safe, show
from .times import moment

LINE_END = "\r\n"
COLUMNS = ["time (UTC)", "what", "address", "location", "client"]
Event = dict[str, Any]


class Format(ABC):
    """Prints events as they come: first a history, then perhaps what follows it."""

    @abstractmethod
    def first(self, events: Iterable[Event]) -> None:
        """Print what is there, with a heading where the format has one."""

    @abstractmethod
    def more(self, events: Iterable[Event]) -> None:
        """Print what came since, and let it be seen at once."""


class TableFormat(Format):
    """For people."""

    def first(self, events: Iterable[Event]) -> None:
        """Print a table, aligned."""
        print_table(COLUMNS, map(row, events))

    def more(self, events: Iterable[Event]) -> None:
        """Print a line each; how wide columns will be is not known in a stream."""
        for event in events:
            show("  ".join(UNKNOWN if cell is None else str(cell) for cell in row(event)))


class JsonFormat(Format):
    """For programs: the object that the API gives, one a line."""

    def first(self, events: Iterable[Event]) -> None:
        """Print a line each."""
        for event in events:
            print_json(event)

    more = first


class CsvFormat(Format):
    """For spreadsheets, in which nothing that a stranger wrote is run as a formula."""

    def first(self, events: Iterable[Event]) -> None:
        """Print the heading, and a line each."""
        sys.stdout.write(header())
        self.more(events)

    def more(self, events: Iterable[Event]) -> None:
        """Print a line each."""
        for event in events:
            sys.stdout.write(safe(lines([event]).removesuffix(LINE_END)) + LINE_END)
        sys.stdout.flush()


FORMATS: dict[str, type[Format]] = {"table": TableFormat, "json": JsonFormat, "csv": CsvFormat}


def row(event: Event) -> tuple[object, ...]:
    """An event as cells of a table; None for what is hidden or not known."""
    location, client = event.get("location") or {}, event.get("client") or {}
    return (
        moment(datetime.fromisoformat(event["occurred_at"])),
        event["sentence"] or event["tag"],
        event.get("ip"),
        location.get("display"),
        client.get("display"),
    )
