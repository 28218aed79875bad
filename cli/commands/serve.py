"""`trailkeeper serve`: histories over HTTP, by uvicorn, with uvicorn's own options."""

from __future__ import annotations

from pathlib import Path

import click

from trailkeeper.cli.misspelt import warn_of_misspelt
from trailkeeper.cli.output import say

CONTEXT = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command("serve", context_settings=CONTEXT, options_metavar="[OPTIONS] [UVICORN'S OPTIONS]")
@click.option("--prefix", metavar="PATH", help="Serve below this path of the host, such as /audit.")
@click.pass_context
def command(context: click.Context, prefix: str | None) -> int:
    """Serve histories over HTTP: the pages and the JSON API.

    It is uvicorn with our application, and takes all of its options: --port 9000,
    --workers 2, --uds /run/trailkeeper.sock. Without them our settings apply:
    TRAILKEEPER_VIEWS_HOST, TRAILKEEPER_VIEWS_PORT, TRAILKEEPER_TRUSTED_PROXIES.
    `trailkeeper serve -- --help` lists them.
    """
    from trailkeeper.views.serve import serve
    from trailkeeper.views.settings import override

    if prefix is not None:
        override("views_prefix", prefix)
    warn_of_misspelt()
    _take_secret_of_stack()
    return serve(context.args)


def _take_secret_of_stack() -> None:
    """Without a key of tokens in the environment, the one with which `trailkeeper token` signs."""
    from trailkeeper.cli.embedded.secret import kept_secret
    from trailkeeper.cli.settings import settings as command_settings
    from trailkeeper.views.settings import override, settings

    own, home = settings(), Path(command_settings().home)
    if own.token_secret or own.token_public_key:
        return
    if secret := kept_secret(home):
        override("token_secret", secret)
        say(f"tokens are verified with the secret of the stack in {home}, as `trailkeeper token` signs them")
