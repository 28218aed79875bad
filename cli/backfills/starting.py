"""The commands that start a backfill, one a kind."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import IO

import click
from sqlalchemy import Engine

from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.cli.output import print_json, say, show
from trailkeeper.cli.services import store
from trailkeeper.cli.times import Moment
from trailkeeper.models.backfills import EnrichFilters, find
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer import catalogue
from trailkeeper.producer.wire import REASONS
from trailkeeper.worker.backfills import Requests
from trailkeeper.worker.backfills.checks import enrich_filters, replay_filters
from trailkeeper.worker.backfills.event_file import opened
from trailkeeper.worker.backfills.parts import BackfillParts
from trailkeeper.worker.backfills.preview import Preview, preview_enrich, preview_import, preview_replay
from trailkeeper.worker.backfills.staging import stage_file
from trailkeeper.worker.settings import settings

from .following import follow, start_chunk
from .options import How, how
from .refusals import told
from .showing import print_preview

LetterId = click.IntRange(1, 2**63 - 1)


@click.command("enrich")
@click.option("--missing", "which", flag_value="missing", default="missing", help="What has none [default].")
@click.option("--older", "which", flag_value="older", help="Also what was found with other data than now.")
@click.option("--all", "which", flag_value="all", help="All of them.")
@click.option("--tag", "tags", multiple=True, help="Only events of this tag. Repeatable.")
@click.option("--scope", type=click.Choice(SCOPES), help="Only events of this scope.")
@click.option("--user", metavar="ID", help="Only events about this user.")
@click.option("--project", metavar="ID", help="Only events about this project.")
@click.option("--since", type=Moment(), help="Only of this time (UTC) and later.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@how
def enrich(how: How, **given: str | tuple[str, ...] | datetime | None) -> int:
    """Find location and client of events anew.

    For events that were stored without, or after a new GeoIP file. Facts are never altered, scrubbed
    events are left alone.
    """
    try:
        asked = EnrichFilters(**given)  # type: ignore[arg-type]  # click has checked them
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error
    with store() as engine, told():
        known = catalogue.load(settings().catalogue)
        with transaction(engine) as connection:
            filters = enrich_filters(connection, known, asked)
        if how.dry_run:
            return _previewed(preview_enrich(engine, BackfillParts(engine, settings()), filters), how)
        with transaction(engine) as connection:
            identity = Requests(connection, known, how.requested_by).enrich(filters, how.throttle)
        return started(engine, identity, how)


@click.command("import")
@click.argument("file", metavar="FILE|-")
@how
def import_(file: str, how: How) -> int:
    """Store the events of a file, one JSON object a line.

    FILE may be packed with gzip or zstd; - is standard input. Lines without an id get one from their
    content, so a file that is imported again stores nothing; run the same command again after an
    interruption. Lines that are no events are kept as dead letters and named by `backfill show`.
    """
    with store() as engine, told(), opened(file, _standard_input(file)) as source:
        if how.dry_run:
            return _previewed(preview_import(engine, BackfillParts(engine, settings()), source), how)
        known = catalogue.load(settings().catalogue)
        with transaction(engine) as connection:
            job = Requests(connection, known, how.requested_by).take_file(
                source.name, source.digest, how.throttle
            )
        if not job.complete:
            if job.lines:
                say(f"backfill {job.id} goes on after line {job.lines:,}")
            if not how.here:
                start_chunk(job.id)
            lines = stage_file(engine, source, job)
            say(f"{lines:,} lines were taken in; they are stored by backfill {job.id}")
        return started(engine, job.id, how)


@click.command("dead-letters")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=LetterId)
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice(sorted(REASONS)),
    metavar="REASON",
    help="Only those of this reason. Repeatable.",
)
@how
def replay(ids: tuple[int, ...], reasons: tuple[str, ...], how: How) -> int:
    """Try to store dead letters again.

    All of them, or those of an ID or a reason. What still can not be stored stays, with its reason of now.
    """
    with store() as engine, told():
        with transaction(engine) as connection:
            filters = replay_filters(connection, reasons, ids)
        if how.dry_run:
            return _previewed(preview_replay(engine, BackfillParts(engine, settings()), filters), how)
        known = catalogue.load(settings().catalogue)
        with transaction(engine) as connection:
            identity = Requests(connection, known, how.requested_by).replay(filters, how.throttle)
        return started(engine, identity, how)


def _previewed(found: Preview, how: How) -> int:
    print_preview(found, how.throttle, as_json=how.as_json)
    return 0


def _standard_input(file: str) -> IO[bytes] | None:
    return sys.stdin.buffer if file == "-" else None


def started(engine: Engine, identity: int, how: How) -> int:
    """Have a backfill begin, say its id, and follow it where that is asked for; returns the exit code."""
    if not how.here:
        start_chunk(identity)
    if how.wait or how.here:
        return follow(engine, identity, here=how.here, json_lines=how.as_json)
    if how.as_json:
        with transaction(engine) as connection:
            job = find(connection, identity)
        assert job is not None
        print_json(job.as_json())
    else:
        show(str(identity))
        say(f"it goes on by itself: trailkeeper backfill show {identity}")
    return 0
