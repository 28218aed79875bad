"""A reconciliation as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trailkeeper.cli.times import moment
from trailkeeper.models.counting.ranges import format_ranges
from trailkeeper.worker.counting import Account, Reconciliation

FATES = ("stored", "dead", "purged", "discarded", "unused", "lost", "waiting", "missing")
ALWAYS = frozenset({"stored", "missing"})


def columns(lines: Iterable[Account]) -> list[str]:
    """Those that tell something; of those that are 0 everywhere, only the most important ones."""
    counted = list(lines)
    return [
        "emitted",
        *(fate for fate in FATES if fate in ALWAYS or any(line.number(fate) for line in counted)),
    ]


def row(line: Account, chosen: Sequence[str]) -> tuple[object, ...]:
    """One line of the table."""
    numbers = (line.emitted if name == "emitted" else line.number(name) for name in chosen)
    return line.producer, moment(line.hour), *(f"{number:,}" for number in numbers)


def missing_lines(report: Reconciliation) -> Iterator[str]:
    """Which numbers are missing, and why."""
    for line in report.lines:
        for numbers, what in (
            (line.missing, "came nowhere"),
            (line.deleted, "stored, and removed from the table by nobody we know"),
            (line.uncounted, "in the table, and counted by nobody"),
        ):
            if numbers:
                yield f"{line.producer} {moment(line.hour)}: {format_ranges(numbers)}: {what}"


def as_json(report: Reconciliation) -> dict[str, Any]:
    """As one object."""
    return {
        "from": report.start,
        "to": report.end,
        "verified": report.verified,
        "complete": report.complete,
        "stranded": report.stranded,
        "emitted": sum(line.emitted for line in report.lines),
        **{fate: sum(line.number(fate) for line in report.lines) for fate in FATES},
        "producers": [_line_as_json(line) for line in report.lines],
    }


def _line_as_json(line: Account) -> dict[str, Any]:
    return {
        "producer": line.producer,
        "hour": line.hour,
        "emitted": line.emitted,
        **{fate: line.number(fate) for fate in FATES},
        "missing_numbers": line.missing,
        "deleted_numbers": line.deleted,
        "uncounted_numbers": line.uncounted,
    }
