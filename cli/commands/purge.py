"""`trailkeeper purge`: remove events past their retention, or see what that would remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.misspelt import warn_of_misspelt
from trailkeeper.cli.output import print_items, say
from trailkeeper.cli.services import checked_settings

if TYPE_CHECKING:
    from trailkeeper.worker.retention import Removal
from trailkeeper.producer.counted import counted

COLUMNS = ["scope", "tag", "kept for", "partition", "events", "how", "held", "by holds"]


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a partition.")
@asking("Remove the events past their retention now?")
def command(dry_run: bool, as_json: bool) -> None:
    """Remove events past their retention.

    Beat starts this every night. What is removed is recorded in the table purges and as
    an event; what is held stays.
    """
    from trailkeeper.worker.retention import Busy, plan, purge

    settings = checked_settings()
    warn_of_misspelt()
    try:
        removals = plan(settings) if dry_run else purge(settings)
    except Busy as error:
        raise Failed(f"{error}; it will do what this would have done") from error
    to_json = _as_json if as_json else None
    print_items(removals, COLUMNS, _row, right=["events", "held"], to_json=to_json)
    if not as_json:
        events = sum(removal.events for removal in removals)
        held = sum(removal.held for removal in removals)
        did = "would remove" if dry_run else "removed"
        where = f"from {counted(len(removals), 'partition')}"
        say(f"{did} {counted(events, 'event')} {where}, {held:,} left because of holds")


def _as_json(removal: Removal) -> dict[str, object]:
    rule = removal.rule
    return {
        "scope": rule.scope,
        "tag": rule.tag,
        "retention_days": rule.days,
        "partition": removal.partition,
        "events": removal.events,
        "whole": removal.whole,
        "held": removal.held,
        "holds": removal.holds,
    }


def _row(removal: Removal) -> tuple[object, ...]:
    rule = removal.rule
    how = "partition dropped" if removal.whole else "rows deleted"
    held = f"{removal.held:,}", ", ".join(map(str, removal.holds)) or None
    return rule.scope, rule.tag, f"{rule.days} days", removal.partition, f"{removal.events:,}", how, *held
