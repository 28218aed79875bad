"""`python -m tests.benchmarks.compare REV [--rounds N] [--json] …`: what changed since a commit, as ratios.

Both sides run in turns on this machine, the older in a work tree of its own, and what follows is
handed to the benchmarks: ``--quick --only store``. A ratio above 1 means that the new code is better.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
HIGHER_IS_BETTER = ("per_second",)
LOWER_IS_BETTER = ("_us", "_ms", "seconds", "_mb", "_kb", "bytes_per_event")

Figures = dict[str, float]


def main(arguments: Sequence[str]) -> int:
    """Measure both sides and print their ratios; 0 once everything was measured."""
    options, handed_on = _parser().parse_known_args(arguments)
    console = Console(stderr=True, highlight=False)
    with work_tree(options.revision) as older:
        sides = {older: list[Figures](), ROOT: list[Figures]()}
        for number in range(options.rounds):
            # A B, then B A: whatever a turn leaves behind meets both sides equally often
            for place in (older, ROOT) if number % 2 == 0 else (ROOT, older):
                console.print(f"round {number + 1}: {'this tree' if place == ROOT else options.revision}")
                sides[place].append(measured(place, handed_on))
    before, after = medians(sides[older]), medians(sides[ROOT])
    ratios = compare(before, after)
    console.print(_table(options.revision, before, after, ratios))
    if options.json:
        print(json.dumps({"before": before, "after": after, "ratios": ratios}))  # noqa: T201 - the answer
    return 0


@contextmanager
def work_tree(revision: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own, for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="tk-compare-") as folder:
        place = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(place), revision], check=True)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


def measured(place: Path, arguments: Sequence[str]) -> Figures:
    """One run of a side's own benchmarks: every figure, by its path in their JSON."""
    command = [sys.executable, "-m", "tests.benchmarks", "--json", *arguments]
    done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, text=True, check=True)
    return dict(figures(json.loads(done.stdout.splitlines()[-1])))


def figures(results: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Every number in nested results, its path joined by dots."""
    for name, value in results.items():
        if isinstance(value, Mapping):
            yield from figures(value, f"{path}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{path}{name}", float(value)


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure over a side's runs."""
    return {name: statistics.median(run[name] for run in runs if name in run) for name in runs[0]}


def compare(before: Figures, after: Figures) -> Figures:
    """How many times better the new side is, for each figure that says which way is better."""
    ratios: Figures = {}
    for name in before.keys() & after.keys():
        unit = name.removesuffix(".p50").removesuffix(".p99").removesuffix(".wall").removesuffix(".own")
        higher = unit.endswith(HIGHER_IS_BETTER)
        if (higher or any(part.endswith(LOWER_IS_BETTER) for part in unit.split("."))) and after[name]:
            ratio = after[name] / before[name] if before[name] else 0.0
            ratios[name] = ratio if higher else 1 / ratio if ratio else 0.0
    return dict(sorted(ratios.items()))


def _table(revision: str, before: Figures, after: Figures, ratios: Figures) -> Table:
    table = Table(title="Medians in turns; above 1 is better than before", title_justify="left")
    table.add_column("figure")
    for heading in (revision, "this tree", "ratio"):
        table.add_column(heading, justify="right")
    for name, ratio in ratios.items():
        table.add_row(name, f"{before[name]:,.4g}", f"{after[name]:,.4g}", f"{ratio:.3f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.compare", description=__doc__)
    parser.add_argument("revision", help="a commit to compare with")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
