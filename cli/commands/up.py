"""`trailkeeper up`: servers, schema, worker and beat, in the foreground until a signal."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trailkeeper.cli.output import print_json, say
from trailkeeper.cli.settings import settings

if TYPE_CHECKING:
    from trailkeeper.cli.embedded.stack import Stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command("up")
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), help="Data folder, with logs [.trailkeeper]."
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), help="Pool processes of the worker [one per core, 2 to 4]."
)
@click.option("--json", "as_json", is_flag=True, help="First print one line of JSON with the addresses.")
def command(home: Path | None, concurrency: int | None, as_json: bool) -> None:
    """Run the whole pipeline on this machine, in the foreground.

    Redis and Postgres are embedded ones, unless TRAILKEEPER_REDIS_URL or
    TRAILKEEPER_DATABASE_URL name others. Ctrl-C or SIGTERM finishes the
    current batch and stops everything; a second one stops at once. The data folder stays.
    """
    from trailkeeper.cli.embedded.stack import Stack

    configured = settings()
    stack = Stack(
        home or Path(configured.home),
        concurrency=concurrency,
        redis_url=configured.redis_url,
        database_url=configured.database_url,
        say=say,
    )
    _stop_at_signals(stack)
    with stack:
        _announce(stack, as_json=as_json)
        stack.wait()
        say("stopping")


def _stop_at_signals(stack: Stack) -> None:
    for number in SIGNALS:
        # nohup ignores SIGHUP, and so do we
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stack.request_stop())


def _announce(stack: Stack, *, as_json: bool) -> None:
    if not stack.is_up():
        return
    if as_json:
        addresses = {"redis_url": stack.redis_url, "database_url": stack.database_url}
        print_json(addresses | {"views_url": stack.views_url})
    else:
        print(f"export TRAILKEEPER_REDIS_URL='{stack.redis_url}'")
        print(f"export TRAILKEEPER_DATABASE_URL='{stack.database_url}'")
        print(f"export TRAILKEEPER_SPOOL='{stack.spool}'")
        print(f"export TRAILKEEPER_HOME='{stack.home.absolute()}'", flush=True)
        if stack.views_url:
            say(f"histories at {stack.views_url}; `trailkeeper token --admin` prints a token to sign in")
    say("running; Ctrl-C stops it")
