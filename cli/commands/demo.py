"""`trailkeeper demo`: everything up, events through it, and a count at the end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trailkeeper.cli.commands.up import SIGNALS
from trailkeeper.cli.errors import Failed
from trailkeeper.cli.output import print_json, say
from trailkeeper.cli.settings import settings
from trailkeeper.producer.settings import read, variable

if TYPE_CHECKING:
    from trailkeeper.cli.demo.source import Source
    from trailkeeper.cli.embedded.stack import Stack
    from trailkeeper.producer.catalogue import Catalogue

KEPT = {
    "TRAILKEEPER_RETENTION_USER_DAYS": "forever",
    "TRAILKEEPER_SCRUB_ADDRESS_DAYS": "never",
    "TRAILKEEPER_OLD_PARTITIONS": "100000",
}
"""The demo's worker purges and scrubs nothing, so that a file of old events stays."""


@click.command("demo")
@click.option(
    "--input",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of events, one JSON object a line, instead of the example application.",
)
@click.option(
    "--catalogue",
    "catalogues",
    type=click.Path(exists=True, dir_okay=False),
    multiple=True,
    help="TOML file with the event types of that file [TRAILKEEPER_CATALOGUE]. Repeatable.",
)
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Data folder [.trailkeeper].")
@click.option("--stay", is_flag=True, help="Keep everything running afterwards.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(
    file: Path | None, catalogues: tuple[str, ...], home: Path | None, stay: bool, as_json: bool
) -> int:
    """Show the whole pipeline at work.

    Starts what `up` starts, then sends real HTTP requests to the example
    application, whose handlers call emit(), or a file's events (--input, with the
    event types of --catalogue). Ends by itself within a minute with a summary; exit
    code 1 if anything was lost or doubled.
    """
    from trailkeeper import ProducerSettings
    from trailkeeper.cli.demo.source import FileSource, TrafficSource
    from trailkeeper.cli.embedded.stack import Stack
    from trailkeeper.producer.catalogue import load

    configured = settings()
    event_types = load(catalogues or read(ProducerSettings).catalogue)  # before anything is started
    source: Source = FileSource(file, event_types) if file else TrafficSource()
    stack = Stack(
        home or Path(configured.home),
        redis_url=configured.redis_url,
        database_url=configured.database_url,
        environment=KEPT | _naming(catalogues),
        with_views=stay,
        say=say,
    )
    for number in SIGNALS:
        signal.signal(number, lambda *_: stack.request_stop())
    with stack:
        return _run(stack, source, event_types, stay=stay, as_json=as_json)


def _naming(catalogues: tuple[str, ...]) -> dict[str, str]:
    """The variable for the worker, whose current folder is another."""
    paths = os.pathsep.join(str(Path(path).resolve()) for path in catalogues)
    return {variable("catalogue"): paths} if paths else {}


def _run(stack: Stack, source: Source, event_types: Catalogue, *, stay: bool, as_json: bool) -> int:
    from trailkeeper.cli.demo.summary import print_summary
    from trailkeeper.cli.demo.watch import watch
    from trailkeeper.cli.sentences import Sentences
    from trailkeeper.models.engine import temporary_engine

    if not stack.is_up():
        raise Failed("stopped before anything was sent")
    options = {"schema": settings().schema, "application_name": "trailkeeper demo"}
    with temporary_engine(stack.database_url, **options) as engine:
        totals = watch(stack, engine, source, Sentences(event_types), quiet=as_json)
    if as_json:
        print_json(totals)
    else:
        print_summary(totals, str(stack.home), source.names)
    if stay and stack.is_up():
        say(f"everything keeps running, histories at {stack.views_url}; Ctrl-C stops it")
        stack.wait()
    return 0 if totals.complete else 1
