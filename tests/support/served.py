"""The read side on a port of this process, for browsers to look at."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.support.story import ADA, KITE, LABS, LEDGER, STAFF, TIDEWATER
from tests.support.waiting import until
from trailkeeper.views.app import create_app
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

OWNER = Viewer(
    user_id=ADA.id,
    projects={TIDEWATER.id: "owner", LEDGER.id: "owner", KITE.id: "maintainer"},
    organizations={LABS.id: "owner"},
)
MAINTAINER = Viewer(user_id="u-2044", projects={TIDEWATER.id: "maintainer"})
STRANGER = Viewer(user_id="u-9999")
ADMIN = Viewer(user_id=STAFF.id, staff=True)
SECRET = "a secret for tests and pictures, of no worth to anybody"


@dataclass(frozen=True)
class Served:
    """Where it is, and with which settings."""

    url: str
    settings: ViewsSettings

    def token(self, viewer: Viewer, seconds: float = 3600) -> str:
        """What lets a viewer in."""
        return mint(self.settings, viewer, seconds)


def views_settings(**more: Any) -> ViewsSettings:
    """Settings of a service without HTTPS."""
    return ViewsSettings(token_secret=SECRET, cookie_secure=False, **more)


@contextmanager
def served(settings: ViewsSettings, app: ASGIApp | None = None, **options: Any) -> Iterator[Served]:
    """The service, for the time of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app or create_app(settings),
            log_level="warning",
            ws="none",
            timeout_graceful_shutdown=1,
            lifespan="off",
            **options,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            until(lambda: server.started, what="the service has started")
            yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", settings)
        finally:
            server.should_exit = True
            thread.join(10)
