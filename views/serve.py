"""What `trailkeeper serve` starts: the service on uvicorn, with uvicorn's own options."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from functools import cache

import uvicorn
from starlette.types import ASGIApp

from trailkeeper.models.engine import parse_url
from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.middleware.asgi import ASGIMiddleware
from trailkeeper.producer.requests.forwarded import TrustedProxies

from .app import create_app
from .connections import ImpatientProtocol
from .forwarding import ForwardingMiddleware
from .prefix import PrefixMiddleware
from .settings import ViewsSettings, settings
from .token_key import token_key

MAX_HEAD_BYTES = 1_200_000
"""So that even a query of a megabyte gets an answer that says what is wrong with it."""

MAX_CONNECTIONS = 1000
HTTP = "h11"
IDLE_SECONDS = 20
OBJECTS_PER_COLLECTION = 50_000
SHUTDOWN_SECONDS = 5
"""How long running requests may take after a signal; live tails are cut off then, and reconnect elsewhere."""


def serve(options: Sequence[str]) -> int:
    """Serve until a signal.

    Args:
        options: of uvicorn, as on its command line; they override our settings.

    Returns:
        The exit code.

    Raises:
        SettingsError: a setting is wrong, such as the key of tokens.
        CatalogueError: a catalogue file is wrong.
    """
    application()  # a mistake is told here, in one line, and not by each process
    context = uvicorn.main.make_context("trailkeeper serve", [*defaults(settings()), *options])
    context.params["app_dir"] = None  # otherwise modules of the current folder would hide ours
    if context.params["http"] == HTTP:
        context.params["http"] = f"{ImpatientProtocol.__module__}:{ImpatientProtocol.__name__}"
    try:
        with context:
            uvicorn.main.invoke(context)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def defaults(own: ViewsSettings) -> list[str]:
    """Our settings as options of uvicorn; of an option that is given twice the last one wins."""
    return [
        *("--factory", f"{__name__}:application"),
        *("--host", own.views_host, "--port", str(own.views_port)),
        *("--http", HTTP, "--ws", "none", "--h11-max-incomplete-event-size", str(MAX_HEAD_BYTES)),
        *("--limit-concurrency", str(MAX_CONNECTIONS), "--timeout-keep-alive", str(IDLE_SECONDS)),
        *("--timeout-graceful-shutdown", str(SHUTDOWN_SECONDS), "--no-server-header"),
        "--no-access-log",  # addresses contain what was searched for
        "--no-proxy-headers",  # ours are evaluated here, by the rules that applications have too
    ]


@cache
def application() -> ASGIApp:
    """The service of this process, for uvicorn to load in each of its workers.

    Raises:
        SettingsError, CatalogueError: as `serve`.
    """
    own = settings()
    token_key(own)
    try:
        parse_url(own.views_database_url or own.database_url)
        parse_url(own.read_database_url or own.database_url)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    app: ASGIApp = ASGIMiddleware(create_app(own), trusted_proxies=())
    if prefix := own.views_prefix.rstrip("/"):
        app = PrefixMiddleware(app, prefix)
    _collect_garbage_rarely()
    return ForwardingMiddleware(app, TrustedProxies(own.trusted_proxies))


def _collect_garbage_rarely() -> None:
    """Events form no reference cycles; searching for some took a quarter of the time of an export."""
    gc.collect()
    gc.freeze()  # the application itself stays, so it need not be searched again
    gc.set_threshold(OBJECTS_PER_COLLECTION, 20, 100)
