"""`trailkeeper beat`: Celery's beat with our application and a schedule file out of the way."""

from __future__ import annotations

import click

from trailkeeper.cli.celery_commands import CONTEXT, become
from trailkeeper.producer.settings import state_folder


@click.command("beat", context_settings=CONTEXT, options_metavar="[CELERY'S OPTIONS]")
@click.pass_context
def command(context: click.Context) -> None:
    """Run Celery beat, which starts purges, partitions and other regular work.

    It is `celery -A trailkeeper.worker beat`, and takes all options of that. Its
    schedule is in the state folder of this user unless -s names a file.
    `trailkeeper beat -- --help` lists the options. Any number of beats may run.
    """
    become("beat", _schedule(), context.args)


def _schedule() -> list[str]:
    folder = state_folder()
    if folder is None:
        return []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return []  # a user without a home: Celery's default is the current folder
    return ["-s", str(folder / "beat-schedule")]
