"""`trailkeeper dead-letters`: messages that could not be stored, and why."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.backfills.starting import DeadLetterId, replay
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_facts, print_items, print_json, say
from trailkeeper.cli.times import moment
from trailkeeper.cli.who import requested_by
from trailkeeper.producer.counted import counted
from trailkeeper.producer.wire import REASONS

if TYPE_CHECKING:
    from trailkeeper.models.status import StoredDeadLetter

COLUMNS = ["id", "recorded", "reason", "bytes", "deliveries", "detail"]


@click.group("dead-letters", cls=Hinting)
def command() -> None:
    """Look at messages that could not be stored, and replay or discard them."""


# the backfill, by the name that one looks for here
command.add_command(replay, "replay")


@command.command("list")
@click.option(
    "--reason", type=click.Choice(sorted(REASONS)), metavar="REASON", help="Only those with this reason."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Show at most this many."
)
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Only those older than this one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(reason: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """List the newest first."""
    from trailkeeper.cli.services import store
    from trailkeeper.models.engine import transaction
    from trailkeeper.models.status import dead_letters

    with store() as engine, transaction(engine) as connection:
        letters = dead_letters(connection, limit=limit, reason=reason, before=before)
    right = ["id", "bytes", "deliveries"]
    print_items(letters, COLUMNS, _row, right=right, to_json=_as_json if as_json else None)
    if as_json:
        return
    if not letters:
        say("no dead letters")
    if len(letters) == limit:
        say(f"older ones: --before {letters[-1].id}")


@command.command("show")
@click.argument("identity", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(identity: int, as_json: bool) -> None:
    """Show one with its whole message."""
    from trailkeeper.cli.services import store
    from trailkeeper.models.engine import transaction
    from trailkeeper.models.status import dead_letter

    with store() as engine, transaction(engine) as connection:
        letter = dead_letter(connection, identity)
    if letter is None:
        raise Failed(f"no dead letter has the id {identity}")
    if as_json:
        print_json(_as_json(letter) | _message(letter.raw or b""))
        return
    print_facts(_as_json(letter) | {"meaning": REASONS.get(letter.reason)})
    print_facts(_message(letter.raw or b""))


@command.command("discard")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=DeadLetterId)
@click.option("--reason", required=True, help="Why they are useless, for the record.")
@requested_by
@asking("Delete the dead letters {ids} for good?")
def discard(ids: tuple[int, ...], reason: str, by: str | None) -> None:
    """Delete some for good, with their messages."""
    from trailkeeper.cli.backfills.requesting import refusals, requesting
    from trailkeeper.cli.services import store

    with store() as engine, refusals(), requesting(engine, by) as requests:
        count = requests.discard(sorted(set(ids)), reason)
    say(f"discarded {counted(count, 'dead letter')}")


def _row(letter: StoredDeadLetter) -> tuple[object, ...]:
    recorded = moment(letter.recorded_at)
    return letter.id, recorded, letter.reason, letter.size, letter.deliveries, letter.detail


def _as_json(letter: StoredDeadLetter) -> dict[str, Any]:
    names = ("id", "recorded_at", "stream", "stream_id", "reason", "detail", "deliveries", "size")
    return {name: getattr(letter, name) for name in names}


def _message(raw: bytes) -> dict[str, str]:
    """The message as text, or in base64 where it is not text."""
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}
