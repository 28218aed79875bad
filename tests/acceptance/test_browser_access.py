"""Every page in a real browser: names, structure and contrast, narrow and wide, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, ViewportSize
from sqlalchemy import Engine

from tests.support import story
from tests.support.backfills import a_line, run_to_end, start_enrich, start_import, write_lines
from tests.support.browsers import DESKTOP, PHONE, signed_in
from tests.support.drains import settings_for
from tests.support.served import ADMIN, MAINTAINER, OWNER, STRANGER, Served, served, views_settings
from trailkeeper.models import admin_commands
from trailkeeper.models.engine import transaction
from trailkeeper.producer.testing import Recorder
from trailkeeper.views.viewer import ANYBODY, Viewer
from trailkeeper.worker.admin_commands import AdminCommandExecutor
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.retention import add_hold, erase
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.upkeep import beat_alive

CHECKS = (Path(__file__).parents[1] / "support" / "access.js").read_text(encoding="utf-8")
ORDERS = [UUID(int=number) for number in range(1, 5)]
LOOKS: list[tuple[ViewportSize, Literal["light", "dark"]]] = [
    (DESKTOP, "light"),
    (DESKTOP, "dark"),
    (PHONE, "light"),
    (PHONE, "dark"),
]


@pytest.fixture
def site(
    engine: Engine, database_url: str, redis_url: str, trailkeeper_events: Recorder, tmp_path: Path
) -> Iterator[Served]:
    now = datetime.now(UTC)
    story.tell(engine, now)
    story.store(engine, [story.hostile(now)])
    story.lose(engine)
    _administer(engine, settings_for(redis_url, database_url), tmp_path)
    with served(views_settings(database_url=database_url, redis_url=redis_url)) as found:
        yield found


def _administer(engine: Engine, settings: WorkerSettings, folder: Path) -> None:
    """A backfill that goes on, an import with bad lines, orders of each outcome, and what governance did."""
    add_hold(settings, "user", story.JAN.id, reason=story.HOSTILE)
    erase(settings, story.FATIMA.id, by="robin")
    start_enrich(engine, user=story.HOSTILE)
    job = start_import(
        engine, write_lines(folder / story.HOSTILE.replace("/", ""), [a_line(), story.HOSTILE])
    )
    beat_alive(settings)
    given: tuple[dict[str, Any], ...] = ({"filters": {"which": "all"}}, {"reasons": []}, {"backfill_id": 99})
    runner = Runner(settings)
    run_to_end(runner, job.id)
    for order, action, about in zip(
        ORDERS, ("preview_enrich", "preview_replay", "pause"), given, strict=False
    ):
        with transaction(engine) as connection:
            admin_commands.submit(
                connection, order, requested_by=story.HOSTILE, action=action, arguments=about
            )
    list(AdminCommandExecutor(runner.engine, runner.parts).run())
    runner.close()
    with transaction(engine) as connection:
        admin_commands.submit(
            connection, ORDERS[-1], requested_by="robin", action="discard", arguments={"ids": [1]}
        )


def _pages(event_id: str) -> list[tuple[Viewer, str]]:
    return [
        (OWNER, "/me"),
        (OWNER, "/me?via_service=true&since=2020-01-01"),
        (OWNER, "/me?address=nonsense"),
        (OWNER, "/me?text=nothing+has+this"),
        (OWNER, "/projects"),
        (OWNER, "/organizations"),
        (OWNER, f"/projects/{story.TIDEWATER.id}"),
        (OWNER, f"/organizations/{story.LABS.id}"),
        (OWNER, f"/events/{event_id}"),
        (MAINTAINER, f"/projects/{story.TIDEWATER.id}"),
        (STRANGER, f"/events/{event_id}"),
        (STRANGER, "/me"),
        (STRANGER, "/projects"),
        (STRANGER, "/users/somebody-else"),
        (ANYBODY, "/sign-in"),
        (ADMIN, "/log"),
        (ADMIN, "/dead-letters"),
        (ADMIN, "/dead-letters?reason=wrong_shape"),
        (ADMIN, "/dead-letters/1"),
        (ADMIN, "/pipeline"),
        (ADMIN, "/retention"),
        (ADMIN, "/backfills"),
        (ADMIN, "/backfills/new"),
        (ADMIN, "/backfills/1"),
        (ADMIN, "/backfills/2"),
        (ADMIN, "/backfills/1/cancel"),
        (ADMIN, "/dead-letters/confirm?what=replay&reason=wrong_shape"),
        (ADMIN, "/dead-letters/confirm?what=discard&ids=1&ids=2"),
        (ADMIN, "/dead-letters?stream=import:x"),
        *((ADMIN, f"/commands/{order}") for order in ORDERS),
    ]


def test_every_page_can_be_read_and_used_by_everybody(browser: Browser, site: Served, engine: Engine) -> None:
    """Controls have names, text stands out, nothing is wider than the window, the browser refuses nothing."""
    event = story.hostile(datetime.now(UTC))
    story.store(engine, [event])
    found: list[str] = []
    for viewer, address in _pages(str(event.id)):
        with signed_in(browser, site, viewer) as context:
            found += [f"{address} {problem}" for problem in _problems(context.new_page(), address)]

    assert "\n".join(found) == ""


def _problems(page: Page, address: str) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if "Content Security" in said.text else None)
    page.goto(address)
    page.locator("details").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += [f"at {size['width']} {scheme}: {problem}" for problem in page.evaluate(CHECKS)]
    return found


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, site: Served) -> None:
    context = signed_in(browser, site, OWNER)
    page = context.new_page()
    page.goto("/me")
    page.keyboard.press("Tab")

    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (page.locator(":focus").inner_text(), outline) == ("Export CSV", "solid")
    context.close()
