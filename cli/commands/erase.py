"""`trailkeeper erase`: take one user's personal data out of the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_facts, print_json, print_table, say
from trailkeeper.cli.services import checked_settings
from trailkeeper.cli.times import Seconds, moment
from trailkeeper.cli.who import requested_by

if TYPE_CHECKING:
    from trailkeeper.worker.retention import ErasureReceipt


@click.group("erase", cls=Hinting)
def command() -> None:
    """Erase a person's data, and say what was erased."""


@command.command("user")
@click.argument("identity", metavar="ID")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option(
    "--wait",
    type=Seconds(0, 86_400),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Wait at most this long until the events in the stream are stored.",
)
@requested_by
@click.option("--json", "as_json", is_flag=True, help="The receipt as one JSON object.")
@asking("Erase the personal data of user {identity}? It cannot be undone.")
def user(identity: str, *, dry_run: bool, wait: float, by: str | None, as_json: bool) -> None:
    """Erase a user's names, addresses, devices, credentials and personal payload keys.

    From events and dead letters, after the events in the stream are stored. The id stays, so that
    counts and projects' histories stay true. What is held stays too; the receipt says so, and what
    was not reached. Safe to repeat; repeat it after an interruption.
    """
    from trailkeeper.cli.services import store
    from trailkeeper.cli.subject_hints import named
    from trailkeeper.worker.retention import Busy, Undrained, erase, erasure_plan

    if not identity:
        raise click.UsageError("the user's id is empty")
    settings = checked_settings()
    try:
        plan = erasure_plan(settings, identity) if dry_run else None
        receipt = plan or erase(settings, identity, by=by, wait_seconds=wait)
    except (Busy, Undrained) as error:
        raise Failed(f"{error}; nothing was erased") from error
    _show(receipt, as_json=as_json)
    with store() as engine:
        _, hint = named(engine, "user", receipt.user_id)
    if hint:
        say(hint)


def _show(receipt: ErasureReceipt, *, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    print_facts(
        {
            "user": receipt.user_id,
            "erasure": receipt.erasure_id,
            "started": receipt.started_at and moment(receipt.started_at),
            "finished": receipt.finished_at and moment(receipt.finished_at),
            "events": f"{receipt.events:,}",
            "of others": f"{receipt.of_others:,}",
            "dead letters": f"{receipt.dead_letters:,}",
            "import lines": f"{receipt.import_lines:,}",
            "held": f"{receipt.held:,}",
        }
    )
    rows = [(hold.id, hold.about, hold.subject_id, hold.reason) for hold in receipt.holds]
    print_table(["hold", "about", "subject", "reason"], rows, right=["hold"])
    if receipt.erasure_id is None:
        say(f"looked for in events of others: {', '.join(receipt.looked_for) or 'the id only'}")
        say("nothing was changed; --yes does it, after the events in the stream are stored")
        return
    say("not reached:")
    for what in receipt.unreached:
        say(f"  {what}")
    if receipt.held:
        say(f"{receipt.held:,} keep personal data because of holds; erase again after they are released")
