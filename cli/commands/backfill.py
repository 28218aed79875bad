"""`trailkeeper backfill`: an admin's jobs over stored or imported events."""

from __future__ import annotations

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.backfills.starting import enrich, import_, replay
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_json, say
from trailkeeper.cli.who import requested_by

SHOWN_LINES = 20
identified = click.argument("identity", metavar="ID", type=click.IntRange(1, 2**31 - 1))


@click.group("backfill", cls=Hinting)
def command() -> None:
    """Enrich, import or replay events in bulk, and watch the progress."""


command.add_command(enrich)
command.add_command(import_)
command.add_command(replay)


@command.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Show at most this many."
)
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
def list_(limit: int, json_lines: bool) -> None:
    """List the newest first."""
    from trailkeeper.cli.backfills.showing import print_jobs
    from trailkeeper.cli.services import store
    from trailkeeper.models.backfills import newest
    from trailkeeper.models.engine import transaction

    with store() as engine, transaction(engine) as connection:
        jobs = newest(connection, limit=limit)
    print_jobs(jobs, as_json=json_lines)


@command.command("show")
@identified
@click.option("--wait", is_flag=True, help="Wait for its end, with a progress bar.")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
def show(identity: int, wait: bool, json_lines: bool) -> int:
    """Show one: its progress, and which lines of an import could not be stored."""
    from trailkeeper.cli.backfills.following import follow
    from trailkeeper.cli.backfills.showing import print_job
    from trailkeeper.cli.services import store
    from trailkeeper.models.backfills import find
    from trailkeeper.models.backfills.dead_letters import kept_of, stream_of
    from trailkeeper.models.engine import transaction

    with store() as engine:
        with transaction(engine) as connection:
            job = find(connection, identity)
            if job is None:
                raise Failed(f"no backfill has the id {identity}")
            kept = kept_of(connection, stream_of(job.digest), SHOWN_LINES) if job.digest else None
        if wait:
            return follow(engine, identity, here=False, json_lines=json_lines)
    if json_lines:
        print_json(job.as_json() | ({"rejected_by_reason": kept[0]} if kept else {}))
    else:
        print_job(job, kept)
    return 0


@command.command("pause")
@identified
@requested_by
def pause(identity: int, by: str | None) -> None:
    """Pause one after the chunk in progress."""
    _change(identity, "pause", by)


@command.command("resume")
@identified
@requested_by
@asking("Resume backfill {identity}?")
def resume(identity: int, by: str | None) -> None:
    """Resume one that is paused or has failed, where it stopped."""
    from trailkeeper.cli.backfills.following import start_chunk

    _change(identity, "resume", by)
    start_chunk(identity)


@command.command("cancel")
@identified
@requested_by
@asking("Cancel backfill {identity}? It cannot be resumed.")
def cancel(identity: int, by: str | None) -> None:
    """Cancel one after the chunk in progress; what it did stays."""
    _change(identity, "cancel", by)


def _change(identity: int, action: str, by: str | None) -> None:
    from trailkeeper.cli.backfills.requesting import refusals, requesting
    from trailkeeper.cli.backfills.showing import summary
    from trailkeeper.cli.services import store

    with store() as engine, refusals(), requesting(engine, by) as requests:
        job = requests.change(identity, action)
    say(summary(job))
