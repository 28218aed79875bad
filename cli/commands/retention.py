"""`trailkeeper retention`: how long events are kept, and with what in them."""

from __future__ import annotations

import click
import msgspec

from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_json, print_table, say
from trailkeeper.cli.services import database_url
from trailkeeper.cli.times import moment
from trailkeeper.worker.retention import Busy, RetentionPolicy, collect_orphans, policy
from trailkeeper.worker.settings import settings

COLUMNS = ["action", "scope", "tag", "after", "at least", "due before", "events, about"]


@click.group("retention")
def command() -> None:
    """Show how long events are kept, and with what in them."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line of the policy.")
def show(as_json: bool) -> None:
    """Show the policy in force, and what it means now.

    It is set by TRAILKEEPER_RETENTION_* and TRAILKEEPER_SCRUB_* for all workers, and by
    retention_days in the catalogue for a tag. `purge --dry-run` and `scrub --dry-run` count exactly.
    """
    database_url()
    found = policy(settings())
    if as_json:
        for line in found:
            print_json(msgspec.to_builtins(line))
        return
    print_table(COLUMNS, map(_row, found), right=["at least", "events, about"])


@command.command("collect")
def collect() -> None:
    """Remove locations and user agents that no event uses any more.

    Beat does this every week. One pass marks them, a later one, a day after at the
    earliest, removes those that are still used by nothing.
    """
    database_url()
    try:
        removed = collect_orphans(settings())
    except Busy as error:
        raise Failed(f"{error}; try again when it is done") from error
    say(f"removed {removed['locations']:,} locations and {removed['clients']:,} user agents")


def _row(line: RetentionPolicy) -> tuple[object, ...]:
    after = "never" if line.days is None else f"{line.days} days"
    before = None if line.before is None else moment(line.before)
    events = None if line.events is None else f"{line.events:,}"
    return line.action, line.scope or "all", line.tag, after, line.minimum, before, events
