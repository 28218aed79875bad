"""`trailkeeper scrub`: take personal data out of old events that stay, or see what that would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_items, say
from trailkeeper.cli.services import checked_settings

if TYPE_CHECKING:
    from trailkeeper.worker.retention import Scrubbed
from trailkeeper.producer.counted import counted

COLUMNS = ["step", "older than", "partition", "events", "held", "by holds"]


@click.command("scrub")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a partition and step.")
@asking("Take personal data out of old events now?")
def command(dry_run: bool, as_json: bool) -> None:
    """Remove personal data from old events.

    Beat starts this every night, with the ages that `trailkeeper retention show` prints.
    What is done is recorded in the table scrubs and as an event; held events stay as they are.
    """
    from trailkeeper.worker.retention import Busy, scrub, scrub_plan

    settings = checked_settings()
    try:
        steps = scrub_plan(settings) if dry_run else scrub(settings)
    except Busy as error:
        raise Failed(f"{error}; it will do what this would have done") from error
    to_json = msgspec.to_builtins if as_json else None
    print_items(steps, COLUMNS, _row, right=["events", "held"], to_json=to_json)
    if not as_json:
        events, held = (sum(getattr(step, name) for step in steps) for name in ("events", "held"))
        did = "would scrub" if dry_run else "scrubbed"
        say(f"{did} {counted(events, 'event')}, {held:,} left because of holds")


def _row(step: Scrubbed) -> tuple[object, ...]:
    holds = ", ".join(map(str, step.holds)) or None
    return step.step, f"{step.days} days", step.partition, f"{step.events:,}", f"{step.held:,}", holds
