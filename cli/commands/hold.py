"""`trailkeeper hold`: legal holds, which win over purge, scrub and erasure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_items, print_json, say, show
from trailkeeper.cli.services import checked_settings
from trailkeeper.cli.times import Moment, moment
from trailkeeper.cli.who import requested_by

if TYPE_CHECKING:
    from trailkeeper.models.tables import Hold

COLUMNS = ["id", "about", "subject", "added", "by", "until", "released", "reason"]
FIELDS = (
    *("id", "about", "subject_id", "reason", "added_at", "added_by", "until"),
    *("released_at", "released_by", "release_reason"),
)


@click.group("hold", cls=Hinting)
def command() -> None:
    """Place legal holds, which protect events from purge, scrub and erasure."""


@command.command("add")
@click.option("--user", metavar="ID", help="Hold events about this user, and those done by or for them.")
@click.option("--project", metavar="ID", help="Hold events about this project.")
@click.option("--organization", metavar="ID", help="Hold events about this organization.")
@click.option(
    "--until", type=Moment(ahead=True), help="When the hold ends: 30d, 2027-06-30 [when it is released]."
)
@click.option("--reason", required=True, help="Why, for whoever asks later.")
@requested_by
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def add(until: datetime | None, reason: str, by: str | None, as_json: bool, **about: str | None) -> None:
    """Add a hold, in force at once, and print its id."""
    from trailkeeper.cli.services import store
    from trailkeeper.cli.subject_hints import named
    from trailkeeper.worker.retention import WrongHold, add_hold

    subjects = [(kind, identity) for kind, identity in about.items() if identity is not None]
    if len(subjects) != 1:
        raise click.UsageError("expected one of --user, --project and --organization")
    [(kind, identity)] = subjects
    try:
        hold = add_hold(checked_settings(), kind, identity, reason=reason, until=until, by=by)
    except WrongHold as error:
        raise Failed(str(error), WRONG_CALL) from error
    if as_json:
        print_json(_as_json(hold))
    else:
        show(str(hold.id))
        say(f"events of {hold.about} {hold.subject_id} are held {_until(hold)}")
    with store() as engine:
        _, hint = named(engine, kind, hold.subject_id)
    if hint:
        say(f"{hint}; the hold is in force all the same, and `trailkeeper hold release {hold.id}` ends it")


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were released or have ended.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(everything: bool, as_json: bool) -> None:
    """List the holds in force."""
    from trailkeeper.worker.retention import list_holds

    holds = list_holds(checked_settings(), released=everything)
    print_items(holds, COLUMNS, _row, right=["id"], to_json=_as_json if as_json else None)
    if not holds and not as_json:
        say("no holds" if everything else "no holds in force")


@command.command("release")
@click.argument("identity", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--reason", help="Why, for whoever asks later.")
@requested_by
@asking("Release hold {identity}? What it keeps may then be purged.")
def release(identity: int, reason: str | None, by: str | None) -> None:
    """End a hold.

    The next purge and scrub do what is due. Repeat an erasure that left something because of it.
    """
    from trailkeeper.worker.retention import UnknownHold, release_hold

    try:
        hold = release_hold(checked_settings(), identity, reason=reason, by=by)
    except UnknownHold as error:
        raise Failed(f"{error}; `trailkeeper hold list` shows them") from error
    say(f"released the hold {hold.id} on {hold.about} {hold.subject_id}")


def _until(hold: Hold) -> str:
    return f"until {moment(hold.until)}" if hold.until else "until it is released"


def _as_json(hold: Hold) -> dict[str, Any]:
    return {name: getattr(hold, name) for name in FIELDS}


def _row(hold: Hold) -> tuple[object, ...]:
    times = [None if time is None else moment(time) for time in (hold.until, hold.released_at)]
    return hold.id, hold.about, hold.subject_id, moment(hold.added_at), hold.added_by, *times, hold.reason
