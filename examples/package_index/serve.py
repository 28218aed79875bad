"""Serve the package index over HTTP until SIGTERM: ``python -m trailkeeper.examples.package_index.serve``.

The first line on standard output is ``{"url": ...}``. It listens on this
machine only, behind a proxy on this machine: what is connected from 127.0.0.1
is believed about the client's address.
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import create_app
from .services import Services, Settings

HOST = "127.0.0.1"
REHEARSAL_COST = 2**10  # of passwords that protect nothing


class QuietHandler(WSGIRequestHandler):
    """Without a line for every request; gives up on a client that says nothing for a while."""

    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return 0."""
    options = _options(arguments)
    app = create_app(_settings(options))
    server = make_server(HOST, options.port, app, threaded=True, request_handler=QuietHandler)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which this thread is in
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(json.dumps({"url": f"http://{HOST}:{server.port}"}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    Services.of(app).close()
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        database=options.database,
        issuer_key=secrets.token_bytes(32),
        password_cost=REHEARSAL_COST if options.rehearsal else Settings.password_cost,
        rehearsal=options.rehearsal,
        trusted_proxies=(HOST,),
        desk=options.desk,
    )


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples.package_index.serve", description=__doc__)
    parser.add_argument("--database", type=Path, required=True, help="the SQLite file, made if missing")
    parser.add_argument(
        "--desk",
        help="URL of the staff's database, such as Trailkeeper's own; by default a file beside the other",
    )
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--rehearsal", action="store_true", help="serve what the scripted clients need")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
