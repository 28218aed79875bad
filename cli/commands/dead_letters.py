"""`trailkeeper dead-letters`: messages that could not be stored, and why."""

from __future__ import annotations

import base64
from typing import Any

import click

from trailkeeper.cli.backfills.options import NAMELESS
from trailkeeper.cli.backfills.refusals import told
from trailkeeper.cli.backfills.starting import LetterId, replay
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_facts, print_json, print_table, say
from trailkeeper.cli.services import store
from trailkeeper.cli.times import moment
from trailkeeper.cli.who import requested_by
from trailkeeper.models.engine import transaction
from trailkeeper.models.status import StoredDeadLetter, dead_letter, dead_letters
from trailkeeper.producer import catalogue
from trailkeeper.producer.wire import REASONS
from trailkeeper.worker.backfills import Requests
from trailkeeper.worker.settings import settings


@click.group("dead-letters")
def command() -> None:
    """Look at messages that could not be stored, and settle them."""


# the same backfill by the name under which one looks for it here
command.add_command(replay, "replay")


@command.command("list")
@click.option(
    "--reason", type=click.Choice(sorted(REASONS)), metavar="REASON", help="Only those of this reason."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The most to show."
)
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Only those older than this one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(reason: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """List the newest first."""
    with store() as engine, transaction(engine) as connection:
        found = dead_letters(connection, limit=limit, reason=reason, before=before)
    if as_json:
        for letter in found:
            print_json(_as_json(letter))
        return
    columns = ["id", "recorded", "reason", "bytes", "deliveries", "detail"]
    print_table(columns, map(_row, found), right=["id", "bytes", "deliveries"])
    if not found:
        say("no dead letters")
    if len(found) == limit:
        say(f"older ones: --before {found[-1].id}")


@command.command("show")
@click.argument("identity", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(identity: int, as_json: bool) -> None:
    """Show one with its message, whole."""
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
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=LetterId)
@click.option("--reason", required=True, help="Why they are of no use, for the record.")
@requested_by
def discard(ids: tuple[int, ...], reason: str, by: str | None) -> None:
    """Remove some for good; the messages are lost."""
    known = catalogue.load(settings().catalogue)
    with store() as engine, told(), transaction(engine) as connection:
        count = Requests(connection, known, by or NAMELESS).discard(sorted(set(ids)), reason)
    say(f"discarded {count:,} dead letters")


def _row(letter: StoredDeadLetter) -> tuple[object, ...]:
    recorded = moment(letter.recorded_at)
    return letter.id, recorded, letter.reason, letter.size, letter.deliveries, letter.detail


def _as_json(letter: StoredDeadLetter) -> dict[str, Any]:
    names = ("id", "recorded_at", "stream", "stream_id", "reason", "detail", "deliveries", "size")
    return {name: getattr(letter, name) for name in names}


def _message(raw: bytes) -> dict[str, str]:
    """The message as text where it is text."""
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}
