"""`trailkeeper doctor`: whether anything may lose events or stop the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trailkeeper.cli.errors import PROBLEM
from trailkeeper.cli.output import print_json, say, show
from trailkeeper.producer.counted import counted

if TYPE_CHECKING:
    from trailkeeper.cli.doctor import Finding

MARKS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> int:
    """Check servers, schema, data, workers, beat and clocks.

    Says what to do about each problem. The exit code is 1 if there is any; warnings
    alone do not count.
    """
    from trailkeeper.cli.doctor import examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            _print(finding)
    counts = {name: sum(finding.severity == name for finding in findings) for name in MARKS}
    if as_json:
        print_json({"findings": findings, "counts": counts})
    else:
        warnings, problems = (counted(counts[name], name) for name in ("warning", "problem"))
        say(f"{counts['ok']:,} ok, {warnings}, {problems}")
    return PROBLEM if counts["problem"] else 0


def _print(finding: Finding) -> None:
    show(f"{MARKS[finding.severity]} {finding.check}: {finding.found}")
    if finding.advice:
        show(f"{'':9}-> {finding.advice}")
