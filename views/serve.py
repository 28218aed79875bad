"""The service alone, on uvicorn: ``python -m trailkeeper.views.serve``."""

from __future__ import annotations

import gc
import sys

import uvicorn

from trailkeeper.producer.errors import CatalogueError, SettingsError
from trailkeeper.producer.middleware.asgi import ASGIMiddleware

from .app import create_app
from .settings import ViewsSettings, settings
from .token_key import token_key

LONGEST_HEAD = 1_200_000
"""Bytes; so that even a query of a megabyte gets an answer that says what is wrong with it."""

MOST_CONNECTIONS = 500
IDLE_SECONDS = 20
OBJECTS_BEFORE_COLLECTION = 50_000
PATIENCE_SECONDS = 5
"""How long requests may go on after a signal; live tails are cut off then, and come again elsewhere."""


def configured(found: ViewsSettings) -> uvicorn.Config:
    """The server's configuration.

    Raises:
        SettingsError: a setting cannot be used, such as the key of tokens.
        CatalogueError: a catalogue file is wrong.
        ValueError: the database URL is none.
    """
    token_key(found)
    # uvicorn looks at proxies, so that the scheme is known as well; after it nobody has to
    app = ASGIMiddleware(create_app(found), trusted_proxies=())
    return uvicorn.Config(
        app,
        host=found.views_host,
        port=found.views_port,
        http="h11",
        ws="none",
        h11_max_incomplete_event_size=LONGEST_HEAD,
        limit_concurrency=MOST_CONNECTIONS,
        proxy_headers=bool(found.trusted_proxies),
        forwarded_allow_ips=list(found.trusted_proxies),
        server_header=False,
        access_log=False,  # addresses hold what was asked for
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
        log_level="info",
    )


def main() -> int:
    """Serve until a signal; 2 where a setting is wrong."""
    try:
        config = configured(settings())
    except (SettingsError, CatalogueError, ValueError) as error:
        sys.stderr.write(f"trailkeeper views: {error}\n")
        return 2
    server = uvicorn.Server(config)
    _look_for_garbage_rarely()
    server.run()
    return 0 if server.started else 1


def _look_for_garbage_rarely() -> None:
    """Events make no cycles; looking for some took a quarter of the time of an export."""
    gc.collect()
    gc.freeze()  # the application itself stays, and need not be looked at again
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, 20, 100)


if __name__ == "__main__":
    sys.exit(main())
