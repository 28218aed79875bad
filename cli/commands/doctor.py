"""`trailkeeper doctor`: whether everything is as it must be for no event to be lost."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from trailkeeper.cli.doctor import Finding, examine
from trailkeeper.cli.errors import PROBLEM
from trailkeeper.cli.output import print_json, say, show

MARKS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> int:
    """Check servers, schema, data, workers, beat and clocks.

    Says what to do about each problem. Exit code 1 if there is any; warnings
    alone are none.
    """
    found = list(_told(examine(), quietly=as_json))
    counts = {name: sum(finding.severity == name for finding in found) for name in MARKS}
    if as_json:
        print_json({"findings": [msgspec.to_builtins(finding) for finding in found], "counts": counts})
    else:
        say(", ".join(f"{count} {name}" for name, count in counts.items()))
    return PROBLEM if counts["problem"] else 0


def _told(findings: Iterator[Finding], *, quietly: bool) -> Iterator[Finding]:
    for finding in findings:
        if not quietly:
            show(f"{MARKS[finding.severity]} {finding.check}: {finding.found}")
            if finding.advice:
                show(f"{'':9}-> {finding.advice}")
        yield finding
