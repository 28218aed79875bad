"""`trailkeeper reconcile`: whether every numbered event is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import PROBLEM
from trailkeeper.cli.output import print_json, print_table, say, show
from trailkeeper.cli.times import Moment, moment
from trailkeeper.cli.who import requested_by

if TYPE_CHECKING:
    from trailkeeper.worker.counting import Reconciliation
from trailkeeper.producer.counted import counted

NAMELESS = "operator"
STATEMENT_MS = 30 * 60_000  # reading all rows of a long time takes a while
NEXT = (
    "next: check that host's spool (`trailkeeper spool status`) and its logs for event_not_in_redis;"
    " import what you find (`trailkeeper backfill import`); else restore from a backup,"
    " or accept the loss: --accept REASON"
)


@click.command("reconcile")
@click.option(
    "--from",
    "since",
    type=Moment(),
    help="From the hour of this time on: 24h, 7d, yesterday, 2026-11-24T16:00Z.",
)
@click.option("--to", "until", type=Moment(), help="Up to this time [now].")
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 366),
    default=24,
    show_default=True,
    help="Without --from: this many hours.",
)
@click.option("--verify/--no-verify", default=True, help="Whether to check each row of the table as well.")
@click.option("--only-missing", is_flag=True, help="Show only the hours that do not add up.")
@click.option(
    "--accept", "reason", metavar="REASON", help="Record what is missing as lost, with this reason."
)
@click.option("--json", "json", is_flag=True, help="One JSON object.")
@requested_by
@asking("Accept that what is missing is lost?", changes=lambda given: bool(given["reason"]))
def command(
    *,
    since: datetime | None,
    until: datetime | None,
    hours: int,
    verify: bool,
    only_missing: bool,
    reason: str | None,
    json: bool,
    by: str | None,
) -> int:
    """Count by producer and hour: emitted = stored + dead letters + purged + waiting + missing.

    Names the numbers of missing events. Exit code 1 if there are any, or if
    entries of the stream are stranded. It cannot see
    the last events of a process that died before any of them arrived anywhere.
    """
    from trailkeeper.cli.reconciliation import as_json
    from trailkeeper.cli.services import checked_settings, store
    from trailkeeper.models.engine import transaction
    from trailkeeper.producer import catalogue
    from trailkeeper.worker.counting.accepting import accept
    from trailkeeper.worker.counting.reconcile import reconcile_live

    end = until or datetime.now(UTC)
    begin = since or end - timedelta(hours=hours)
    if begin >= end:
        raise click.UsageError(f"--from {begin.isoformat()} is not before --to {end.isoformat()}")
    settings = checked_settings()
    with store(statement_timeout_ms=STATEMENT_MS) as engine:
        report = reconcile_live(engine, settings, (begin, end), verify=verify)
        if reason and report.missing:
            with transaction(engine) as connection:
                known = catalogue.load(settings.catalogue)
                accepted = accept(connection, known, report, reason, by or NAMELESS)
            say(f"accepted the loss of {counted(accepted, 'event')}")
    if json:
        print_json(as_json(report))
    else:
        _show(report, only_missing=only_missing)
    return PROBLEM if report.stranded or (report.missing and not reason) else 0


def _show(report: Reconciliation, *, only_missing: bool) -> None:
    from trailkeeper.cli.reconciliation import columns, missing_lines, row

    lines = [line for line in report.lines if line.gone or line.uncounted or not only_missing]
    chosen = columns(report.lines)
    print_table(["producer", "hour", *chosen], [row(line, chosen) for line in lines], right=list(chosen))
    for sentence in missing_lines(report):
        show(sentence)
    if not report.complete:
        say("the stream is too long to be read whole: events that seem missing may be in it")
    if report.stranded:
        say(
            f"{report.stranded:,} entries of the stream, counted as waiting, were stranded, as by a restart"
            " of Redis: a drain stores them; start a worker, or run `trailkeeper drain`"
        )
    span = f"from {moment(report.start)} to {moment(report.end)}"
    if report.missing:
        say(f"{counted(report.missing, 'event is', 'events are')} missing {span}; {NEXT}")
    else:
        checked = "" if report.verified else " (not checked against the table: --no-verify)"
        total = sum(line.emitted for line in report.lines)
        say(f"{counted(total, 'numbered event')} {span}, each accounted for{checked}")
