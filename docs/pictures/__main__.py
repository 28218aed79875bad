"""Take the pictures anew: a small story in an embedded Postgres, the service, and Debian's chromium.

Needs ``chromium``; the pictures here were taken with Debian's ``fonts-inter`` and ``fonts-jetbrains-mono``
beside it, and look the same only with those.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import redis
from playwright.sync_api import Browser, ViewportSize

from tests.support import story
from tests.support.browsers import PHONE, launched, signed_in
from tests.support.served import ADMIN, OWNER, STRANGER, Served, served, views_settings
from tests.support.servers import serving, valkey
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models.engine import make_engine
from trailkeeper.models.migrate import upgrade
from trailkeeper.producer.stream_keys import LATENCY_SUM, beat_key, latency_field, totals_key
from trailkeeper.producer.testing import recording
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.upkeep import beat_alive

FOLDER = Path(__file__).parent
LARGEST = 150_000  # bytes of one picture
SCREEN: ViewportSize = {"width": 1280, "height": 780}
HIGH: ViewportSize = {"width": 1280, "height": 880}


class Picture(NamedTuple):
    """One page as somebody sees it."""

    name: str
    viewer: Viewer
    address: str
    size: ViewportSize = SCREEN
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("user", OWNER, "/me", HIGH),
    Picture("user-phone", OWNER, "/me", PHONE, "dark"),
    Picture("project", OWNER, f"/projects/{story.TIDEWATER.id}", HIGH, "dark"),
    Picture("project-public", STRANGER, f"/projects/{story.TIDEWATER.id}"),
    Picture("projects", OWNER, "/projects"),
    Picture("log", ADMIN, "/log?tag=account%3Alogin%3A*&country=SG", HIGH),
    Picture("event", OWNER, "/events/newest"),
    Picture("dead-letters", ADMIN, "/dead-letters"),
    Picture("backfills", ADMIN, "/backfills"),
    Picture("retention", ADMIN, "/retention", HIGH),
    Picture("pipeline", ADMIN, "/pipeline"),
)


@contextmanager
def site() -> Iterator[tuple[Served, str]]:
    """The service with the story in it, and the id of an event worth a picture."""
    with tempfile.TemporaryDirectory(prefix="tk-") as folder:
        Path(folder).chmod(0o755)  # Postgres has a user of its own
        postgres = EmbeddedPostgres(Path(folder) / "pg")
        database_url = postgres.start()
        try:
            with serving(valkey(Path(folder) / "valkey")) as server, recording():
                shown = _fill(database_url, server.url)
                with served(views_settings(database_url=database_url, redis_url=server.url)) as found:
                    yield found, shown
        finally:
            postgres.stop("immediate")


def _fill(database_url: str, redis_url: str) -> str:
    upgrade(database_url)
    engine = make_engine(database_url, application_name="pictures")
    events = list(story.Story(datetime.now(UTC)).events())
    story.store(engine, events)
    story.lose(engine)
    story.administer(engine)
    engine.dispose()
    settings = views_settings()
    with redis.Redis.from_url(redis_url) as client:
        alive = datetime.now(UTC) - timedelta(seconds=9)
        beat_alive(WorkerSettings(redis_url=redis_url))
        client.set(beat_key(settings.stream), alive.isoformat())
        client.hset(
            totals_key(settings.stream),
            mapping={"stored": len(events), latency_field(0.1): len(events), LATENCY_SUM: 61 * len(events)},
        )
    return next(str(event.id) for event in reversed(events) if event.actor.kind == "service")


def take(browser: Browser, found: Served, picture: Picture, newest: str) -> int:
    """One picture; its size in bytes."""
    with signed_in(
        browser,
        found,
        picture.viewer,
        viewport=picture.size,
        color_scheme=picture.scheme,
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        page.goto(picture.address.replace("newest", newest))
        if page.locator(".live").count():
            page.locator(".live[data-state=on]").wait_for()
        path = FOLDER / f"{picture.name}.png"
        page.screenshot(path=path)
    return path.stat().st_size


def main() -> int:
    """Take all; 1 where one is too large for a README."""
    too_large = False
    with site() as (found, newest), launched() as browser:
        for picture in PICTURES:
            size = take(browser, found, picture, newest)
            too_large |= size > LARGEST
            sys.stdout.write(f"{picture.name}.png {size:,} bytes\n")
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
