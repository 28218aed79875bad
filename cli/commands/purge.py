"""`trailkeeper purge`: remove events past their retention, or see what that would remove."""

from __future__ import annotations

from collections.abc import Iterable

import click

from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_json, print_table, say
from trailkeeper.cli.services import database_url
from trailkeeper.worker.retention import Busy, Removal, plan, purge
from trailkeeper.worker.settings import settings

COLUMNS = ["scope", "tag", "kept for", "partition", "events", "how", "held", "by holds"]


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a partition.")
def command(dry_run: bool, as_json: bool) -> None:
    """Remove events past their retention.

    Beat does this every night. What is removed is recorded in the table purges and as an
    event; what is held stays.
    """
    database_url()
    try:
        removals = plan(settings()) if dry_run else purge(settings())
    except Busy as error:
        raise Failed(f"{error}; it will do what this would have done") from error
    _show(removals, as_json=as_json)
    if not as_json:
        events = sum(removal.events for removal in removals)
        held = sum(removal.held for removal in removals)
        did = "would remove" if dry_run else "removed"
        say(f"{did} {events:,} events from {len(removals)} partitions, {held:,} left because of holds")


def _show(removals: Iterable[Removal], *, as_json: bool) -> None:
    if as_json:
        for removal in removals:
            print_json(_as_json(removal))
        return
    print_table(COLUMNS, map(_row, removals), right=["events", "held"])


def _as_json(removal: Removal) -> dict[str, object]:
    rule = removal.rule
    about: dict[str, object] = {"scope": rule.scope, "tag": rule.tag, "retention_days": rule.days}
    return (
        about
        | {"partition": removal.partition, "events": removal.events, "whole": removal.whole}
        | {
            "held": removal.held,
            "holds": removal.holds,
        }
    )


def _row(removal: Removal) -> tuple[object, ...]:
    rule = removal.rule
    how = "partition dropped" if removal.whole else "rows deleted"
    kept = f"{removal.held:,}", ", ".join(map(str, removal.holds)) or None
    return rule.scope, rule.tag, f"{rule.days} days", removal.partition, f"{removal.events:,}", how, *kept
