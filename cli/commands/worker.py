"""`trailkeeper worker`: Celery's worker with our application, on all queues unless told otherwise."""

from __future__ import annotations

import click

from trailkeeper.cli.celery_commands import CONTEXT, become

QUEUES = "ingest,maintenance,backfill"


@click.command("worker", context_settings=CONTEXT, options_metavar="[CELERY'S OPTIONS]")
@click.pass_context
def command(context: click.Context) -> None:
    """Run a Celery worker that stores events and does what beat and admins start.

    It is `celery -A trailkeeper.worker worker -Q ingest,maintenance,backfill`, and
    takes all options of that: -c 2 for two pool processes, -Q ingest for one queue,
    -n NAME@%h where several run on a host. `trailkeeper worker -- --help` lists them.
    """
    become("worker", ["-Q", QUEUES], context.args)
