"""The report of a run of `make bench`, kept in benchmarks.json: page, pictures, and the README's table."""

from __future__ import annotations

import json
from pathlib import Path
from string import Formatter
from typing import Any

from tests.benchmarks.results import FIGURES, Figure, Results, look_up
from tests.benchmarks.table import shown_side, shown_target, shown_value

from .bar_chart import Bar, bar_chart

FOLDER = Path(__file__).parent
README = FOLDER.parent / "README.md"
LARGE = 20
BEGIN, END = "<!-- figures of docs/benchmarks.json: make docs -->\n", "<!-- end of figures -->\n"

INTRODUCTION = """# Benchmarks

`make bench` measures each of these and its peer or physical limit in turns, on one machine; medians. Ratios
travel from machine to machine, absolute figures do not. To make this page from your own run:

```
make bench ARGS="--json" | tail -1 > docs/benchmarks.json && make docs
```

"""

ROWS = """
| `emit()`, p50, numbered | {emit_us} µs: {emit_vs_round_trip} of a bare round trip to Redis, \
{emit_vs_xadd} of redis-py's XADD; Celery's `send_task` takes {send_task_vs_emit} times as long; \
three in a batch {emit_three_in_a_batch_us} µs |
| throughput that a web server keeps | {web_throughput_kept} with a trail, \
{web_throughput_kept_by_insert} with an INSERT in the request, \
{web_throughput_kept_by_celery_task} with a Celery task |
| stored, enrichment included | {store_events_per_second} events/s by one worker of two processes: \
{store_vs_celery_task} times a Celery task per event with one INSERT each, {store_vs_copy} of plain COPY |
| from `emit()` to the visible row | p50 {latency_ms__p50} ms, p99 {latency_ms__p99} ms |
| an event on disk, indexes included | {bytes_per_event} bytes |
| an import, locations derived again | {import_events_per_second} and \
{enrich_events_per_second} events/s: {import_vs_drain} and {enrich_vs_drain} of what one drain stores |
| an export of a history | {histories__export_per_second} events/s, in flat memory |
"""
"""The README's, with figures by their keys; ``__`` is a dot there."""

CHARTS = {
    "request": (
        "What a request waits for",
        "µs",
        (
            ("PING", "round_trip_us", False),
            ("XADD of redis-py", "xadd_us", False),
            ("emit", "emit_us", True),
            ("three emits in a batch", "emit_three_in_a_batch_us", True),
            ("send_task of Celery", "send_task_us", False),
        ),
    ),
    "stored": (
        "Events stored a second",
        "/s",
        (
            ("plain COPY, no work", "copy_events_per_second", False),
            ("a worker of two processes", "store_events_per_second", True),
            ("a worker of one process", "store_one_process_events_per_second", True),
            ("a Celery task an event, INSERT", "celery_task_events_per_second", False),
        ),
    ),
    "web": (
        "Requests a second of a web server",
        "/s",
        (
            ("without a trail", "web.nothing.per_second", False),
            ("emit and middleware", "web.ours.per_second", True),
            ("INSERT in the request", "web.insert.per_second", False),
            ("a Celery task", "web.task.per_second", False),
        ),
    ),
}


def benchmark_files() -> dict[Path, str]:
    """The page, its pictures, and the README with its table, as they should be."""
    results = json.loads((FOLDER / "benchmarks.json").read_text(encoding="utf-8"))
    pictures = {
        FOLDER / "pictures" / f"benchmark-{name}.svg": bar_chart(title, unit, bars)
        for name, (title, unit, lines) in CHARTS.items()
        if (bars := _bars(results, lines))
    }
    return {FOLDER / "benchmarks.md": _page(results, pictures), README: _readme(results), **pictures}


def _bars(results: Results, lines: Any) -> list[Bar]:
    found = ((label, look_up(results, key), is_ours) for label, key, is_ours in lines)
    return [Bar(label, value, is_ours) for label, value, is_ours in found if value is not None]


def _page(results: Results, pictures: dict[Path, str]) -> str:
    machine = " · ".join(f"{name} {value}" for name, value in results["machine"].items())
    images = "\n".join(f"![{_title(path)}](pictures/{path.name})\n" for path in pictures)
    head = "| | ours | beside | ratio or value | aim |\n|---|---|---|---|---|\n"
    rows = "".join(
        _row(figure, value, results)
        for figure in FIGURES
        if (value := look_up(results, figure.key)) is not None
    )
    return f"{INTRODUCTION}Measured on: {machine}.\n\n{images}\n{head}{rows}"


def _row(figure: Figure, value: float, results: Results) -> str:
    sides = [shown_side(key, figure.unit, results) for key in (figure.ours, figure.peer)]
    return f"| {' | '.join([figure.title, *sides, shown_value(figure, value), shown_target(figure)])} |\n"


def _title(path: Path) -> str:
    return CHARTS[path.stem.removeprefix("benchmark-")][0]


def _readme(results: Results) -> str:
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{_readme_table(results)}{END}{after}"


def _readme_table(of: Results) -> str:
    rows = (line.format(**_numbers(of)) for line in ROWS.splitlines() if line)
    return "| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _numbers(of: Results) -> dict[str, str]:
    """Each figure of the table as it is read."""
    keys = {name for line in ROWS.splitlines() for _, name, _, _ in Formatter().parse(line) if name}
    return {key: _read(key, look_up(of, key.replace("__", "."))) for key in keys}


def _read(key: str, value: float | None) -> str:
    if value is None:
        raise ValueError(f"benchmarks.json has no {key}; measure with `make bench`, not a part of it")
    if key.endswith("_per_second"):
        return f"{round(value, -2):,.0f}"
    return f"{value:.0f}" if abs(value) >= LARGE else f"{value:.2f}"
