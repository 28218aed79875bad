"""What is shown while measuring and at the end."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from .results import FIGURES, Figure, Results, look_up
from .table import shown_side, shown_target, shown_value

LINE = 110
MINUTE = 60


class Report:
    """Writes to a terminal, or to a log where there is none.

    Args:
        stderr: keep standard output for the line of JSON.
    """

    def __init__(self, *, stderr: bool) -> None:
        self._console = Console(stderr=stderr, highlight=False)
        if not self._console.is_terminal:
            self._console.width = LINE
        self._status = self._console.status("") if self._console.is_terminal else None
        self._began = time.monotonic()

    def say(self, sentence: str) -> None:
        """What is measured now."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), MINUTE)
        line = f"{minutes}:{seconds:02}  {sentence}"
        if self._status is None:
            self._console.print(line)
        else:
            self._status.start()
            self._status.update(line)

    def show(self, results: Results) -> None:
        """The figures that were measured, as tables."""
        if self._status is not None:
            self._status.stop()
        self._console.print(_figures(results))
        if parts := results.get("drain_parts_us"):
            self._console.print(_parts(parts))
        if histories := results.get("histories"):
            self._console.print(_histories(histories))


def _figures(results: Results) -> Table:
    table = Table(title="Medians; one run, one machine, in turns", title_justify="left")
    table.add_column("figure")
    for heading in ("ours", "peer", "ratio or value", "target", "ok?"):
        table.add_column(heading, justify="right")
    for figure in FIGURES:
        value = look_up(results, figure.key)
        if value is not None:
            table.add_row(*_line(figure, value, results))
    return table


def _line(figure: Figure, value: float, results: Results) -> tuple[str, ...]:
    reached = figure.reached(value)
    verdict = "" if reached is None else "[green]yes[/]" if reached else "[red]no[/]"
    return (
        figure.title,
        shown_side(figure.ours, figure.unit, results),
        shown_side(figure.peer, figure.unit, results),
        shown_value(figure, value),
        shown_target(figure),
        verdict,
    )


def _parts(parts: dict[str, dict[str, float]]) -> Table:
    table = Table(title="One drain, µs an event", title_justify="left")
    table.add_column("part")
    table.add_column("by the wall", justify="right")
    table.add_column("own processor time", justify="right")
    for name, found in parts.items():
        table.add_row(name, f"{found['wall']:.2f}", f"{found['own']:.2f}", end_section=name == "acknowledge")
    return table


def _histories(found: dict[str, Any]) -> Table:
    few, many = found["events"]["small"], found["events"]["large"]
    table = Table(title=f"Pages of 50 in a table of {many:,} events, ms", title_justify="left")
    table.add_column("page")
    for heading in ("database p50", "p99", "execution", f"÷ of {few:,}", "HTTP p50", "p99"):
        table.add_column(heading, justify="right")
    for name in [key.removesuffix("_growth") for key in found if key.endswith("_growth")]:
        keys = ("{}_ms", "{}_p99_ms", "{}_executed_ms", "{}_growth", "http_{}_ms", "http_{}_p99_ms")
        table.add_row(name.replace("_", " "), *(f"{found[key.format(name)]:.2f}" for key in keys))
    return table
