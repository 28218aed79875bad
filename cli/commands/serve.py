"""`trailkeeper serve`: histories over HTTP, by uvicorn, with uvicorn's own options."""

from __future__ import annotations

import click

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
    from trailkeeper.views.settings import set_prefix

    if prefix is not None:
        set_prefix(prefix)
    return serve(context.args)
