"""`trailkeeper retention`: how long events are kept, and with what in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_items, say
from trailkeeper.cli.services import checked_settings
from trailkeeper.cli.times import moment

if TYPE_CHECKING:
    from trailkeeper.worker.retention import RetentionPolicy

COLUMNS = ["action", "scope", "tag", "after", "at least", "due before", "events, about"]


@click.group("retention", cls=Hinting)
def command() -> None:
    """Show how long events and their personal data are kept."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line of the policy.")
def show(as_json: bool) -> None:
    """Show the policy in force, and which events it concerns now.

    TRAILKEEPER_RETENTION_* and TRAILKEEPER_SCRUB_* set it for all workers, retention_days in
    the catalogue for one tag. `purge --dry-run` and `scrub --dry-run` count exactly.
    """
    from trailkeeper.worker.retention import policy

    to_json = msgspec.to_builtins if as_json else None
    right = ["at least", "events, about"]
    print_items(policy(checked_settings()), COLUMNS, _row, right=right, to_json=to_json)


@command.command("collect")
@asking("Remove the locations, user agents and networks that no event uses?")
def collect() -> None:
    """Remove locations, user agents and networks that no event uses any more.

    Beat starts this every week. One pass marks them; a later one, at least a day after,
    removes those that still are not used.
    """
    from trailkeeper.worker.retention import Busy, collect_orphans

    try:
        removed = collect_orphans(checked_settings())
    except Busy as error:
        raise Failed(f"{error}; try again when it is done") from error
    say(f"removed {', '.join(f'{count:,} {table}' for table, count in removed.items())}")


def _row(line: RetentionPolicy) -> tuple[object, ...]:
    after = "never" if line.days is None else f"{line.days} days"
    before = None if line.before is None else moment(line.before)
    events = None if line.events is None else f"{line.events:,}"
    return line.action, line.scope or "all", line.tag, after, line.minimum, before, events
