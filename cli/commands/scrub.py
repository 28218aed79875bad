"""`trailkeeper scrub`: take personal data out of old events that stay, or see what that would do."""

from __future__ import annotations

from collections.abc import Iterable

import click
import msgspec

from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_json, print_table, say
from trailkeeper.cli.services import database_url
from trailkeeper.worker.retention import Busy, Scrubbed, scrub, scrub_plan
from trailkeeper.worker.settings import settings

COLUMNS = ["step", "older than", "partition", "events", "held", "by holds"]


@click.command("scrub")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a partition and step.")
def command(dry_run: bool, as_json: bool) -> None:
    """Take personal data out of events by their age.

    Beat does this every night, by the ages that `trailkeeper retention show` prints.
    What is done is recorded in the table scrubs and as an event; held events stay as they are.
    """
    database_url()
    try:
        found = scrub_plan(settings()) if dry_run else scrub(settings())
    except Busy as error:
        raise Failed(f"{error}; it will do what this would have done") from error
    if as_json:
        for each in found:
            print_json(msgspec.to_builtins(each))
        return
    _show(found, "would scrub" if dry_run else "scrubbed")


def _show(found: Iterable[Scrubbed], did: str) -> None:
    print_table(COLUMNS, map(_row, found), right=["events", "held"])
    events, held = (sum(getattr(each, name) for each in found) for name in ("events", "held"))
    say(f"{did} {events:,} events, {held:,} left because of holds")


def _row(each: Scrubbed) -> tuple[object, ...]:
    holds = ", ".join(map(str, each.holds)) or None
    return each.step, f"{each.days} days", each.partition, f"{each.events:,}", f"{each.held:,}", holds
