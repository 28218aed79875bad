"""The commands that start a backfill, one a kind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from trailkeeper.cli.asking import asking
from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.cli.ids import stored_id
from trailkeeper.cli.output import print_json, say, show
from trailkeeper.cli.times import Moment
from trailkeeper.producer.catalogue import SCOPES
from trailkeeper.producer.counted import counted
from trailkeeper.producer.wire import REASONS
from trailkeeper.worker.settings import settings

from .options import RunOptions, run_options

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from trailkeeper.worker.backfills.preview import Preview

DeadLetterId = click.IntRange(1, 2**63 - 1)


@click.command("enrich")
@click.option(
    "--missing",
    "which",
    flag_value="missing",
    default="missing",
    help="Events without location, client or network [default].",
)
@click.option("--older", "which", flag_value="older", help="Also events derived with older data.")
@click.option("--all", "which", flag_value="all", help="All events.")
@click.option("--tag", "tags", multiple=True, help="Only events of this tag. Repeatable.")
@click.option("--scope", type=click.Choice(SCOPES), help="Only events of this scope.")
@click.option("--user", type=stored_id, metavar="ID", help="Only events about this user.")
@click.option("--project", type=stored_id, metavar="ID", help="Only events about this project.")
@click.option(
    "--since", type=Moment(), help="Only from this time on: 24h, yesterday, 2026-11-24, 2026-11-24T16:00Z."
)
@click.option("--until", type=Moment(), help="Only before this time.")
@run_options
@asking("Derive location, client and network of stored events again?")
def enrich(**given: Any) -> int:
    """Look up location, client and network of stored events again.

    For events that were stored without them, or after a new GeoIP file. Facts are never changed,
    and scrubbed events stay as they are.
    """
    from trailkeeper.cli.services import store
    from trailkeeper.models.backfills import EnrichFilters
    from trailkeeper.models.engine import transaction
    from trailkeeper.producer import catalogue
    from trailkeeper.worker.backfills.checks import enrich_filters
    from trailkeeper.worker.backfills.parts import BackfillParts
    from trailkeeper.worker.backfills.preview import preview_enrich

    from .requesting import refusals, requesting

    run = RunOptions.take_from(given)
    try:
        wanted = EnrichFilters(**given)
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error
    with store() as engine, refusals():
        with transaction(engine) as connection:
            filters = enrich_filters(connection, catalogue.load(settings().catalogue), wanted)
        if run.dry_run:
            return _print_preview(preview_enrich(engine, BackfillParts(engine, settings()), filters), run)
        with requesting(engine, run.by) as requests:
            identity = requests.enrich(filters, run.throttle)
        return start(engine, identity, run)


@click.command("import")
@click.argument("file", metavar="FILE|-")
@run_options
@asking("Store the events of {file}?")
def import_(file: str, **given: Any) -> int:
    """Store the events of a file, one JSON object a line.

    FILE may be compressed with gzip or zstd; - is standard input. Lines without an id get one from
    their content, so importing a file again stores nothing, and after an interruption the same
    command goes on. Lines that are not events become dead letters, which `backfill show` lists.
    """
    from trailkeeper.cli.services import store
    from trailkeeper.worker.backfills.event_file import opened
    from trailkeeper.worker.backfills.parts import BackfillParts
    from trailkeeper.worker.backfills.preview import preview_import
    from trailkeeper.worker.backfills.staging import stage_file

    from .following import start_chunk
    from .requesting import refusals, requesting

    run = RunOptions.take_from(given)
    standard_input = sys.stdin.buffer if file == "-" else None
    with store() as engine, refusals(), opened(file, standard_input) as source:
        if run.dry_run:
            return _print_preview(preview_import(engine, BackfillParts(engine, settings()), source), run)
        with requesting(engine, run.by) as requests:
            job = requests.take_file(source.name, source.digest, run.throttle)
        if not job.complete:
            if job.lines:
                say(f"backfill {job.id} goes on after line {job.lines:,}")
            if not run.here:
                start_chunk(job.id)
            lines = stage_file(engine, source, job)
            say(f"{counted(lines, 'line was', 'lines were')} read; backfill {job.id} stores them")
        return start(engine, job.id, run)


@click.command("dead-letters")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=DeadLetterId)
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice(sorted(REASONS)),
    metavar="REASON",
    help="Only those with this reason. Repeatable.",
)
@run_options
@asking("Try to store dead letters again?")
def replay(ids: tuple[int, ...], reasons: tuple[str, ...], **given: Any) -> int:
    """Try to store dead letters again.

    All of them, or those with an ID or a reason. What still cannot be stored stays, with its new reason.
    """
    from trailkeeper.cli.services import store
    from trailkeeper.models.engine import transaction
    from trailkeeper.worker.backfills.checks import replay_filters
    from trailkeeper.worker.backfills.parts import BackfillParts
    from trailkeeper.worker.backfills.preview import preview_replay

    from .requesting import refusals, requesting

    run = RunOptions.take_from(given)
    with store() as engine, refusals():
        with transaction(engine) as connection:
            filters = replay_filters(connection, reasons, ids)
        if run.dry_run:
            return _print_preview(preview_replay(engine, BackfillParts(engine, settings()), filters), run)
        with requesting(engine, run.by) as requests:
            identity = requests.replay(filters, run.throttle)
        return start(engine, identity, run)


def _print_preview(preview: Preview, run: RunOptions) -> int:
    from .showing import print_preview

    print_preview(preview, run.throttle, as_json=run.as_json)
    return 0


def start(engine: Engine, identity: int, run: RunOptions) -> int:
    """Start a backfill, print its id, and follow it where the options say so; returns the exit code."""
    from trailkeeper.models.backfills import find
    from trailkeeper.models.engine import transaction

    from .following import follow, start_chunk

    if not run.here:
        start_chunk(identity)
    if run.wait or run.here:
        return follow(engine, identity, here=run.here, json_lines=run.as_json)
    if run.as_json:
        with transaction(engine) as connection:
            job = find(connection, identity)
        assert job is not None
        print_json(job.as_json())
    else:
        show(f"backfill {identity}")
        say(f"a worker does it; `trailkeeper backfill show {identity} --wait` watches it")
    return 0
