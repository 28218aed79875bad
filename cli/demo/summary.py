"""The end of the demo: what was sent, what arrived, and what to try next."""

from __future__ import annotations

from collections.abc import Sequence

from trailkeeper.cli.output import console, print_facts
from trailkeeper.producer.counted import counted

from .count import Totals


def print_summary(totals: Totals, home: str, names: Sequence[str]) -> None:
    """The result for people.

    Args:
        totals: what was counted.
        home: the data folder.
        names: a project and a user that have a history now; none, where that is not known.
    """
    lost, latency = totals.emitted - totals.stored, totals.latency_ms
    verdict = (
        "nothing lost, nothing doubled"
        if totals.complete
        else f"{lost:,} LOST, {totals.duplicates:,} DOUBLED"
    )
    console().print(
        f"\n{counted(totals.emitted, 'event')} emitted, {totals.stored:,} stored: {verdict}\n", style="bold"
    )
    print_facts(
        {
            "stored before": f"{totals.already_stored:,} of them, by an earlier run",
            "dead letters": f"{totals.dead_lettered:,}",
            "with location": f"{totals.with_location:,}",
            "with a known client": f"{totals.with_client:,}",
            "emit to row": f"p50 {latency.p50} ms, p99 {latency.p99} ms"
            if latency.p50 is not None
            else "stored before",
            "time": f"{totals.seconds} s",
        }
    )
    print(f"""
What to try next

  trailkeeper up                        keep the stack running, on the same data; it prints export
                                        lines: paste them into another terminal, and there
  trailkeeper history all --limit 20    the newest events{_histories(names)}
  trailkeeper status                    backlog, rate, workers, partitions
  trailkeeper doctor                    what would go wrong in production

In a checkout, trailkeeper is .venv/bin/trailkeeper.

The data is in {home}.""")


def _histories(names: Sequence[str]) -> str:
    lines = (
        f"{f'  trailkeeper history {kind} {name}':<40}what was done to {name}"
        for kind, name in zip(("project", "user"), names, strict=False)
    )
    return "".join(f"\n{line}" for line in lines)
