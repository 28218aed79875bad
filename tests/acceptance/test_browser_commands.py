"""What admins do with backfills and dead letters, in a real browser, while a worker carries it out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from _maxminddb_geolite2 import geolite2_database
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from tests.support import story
from tests.support.admin_commands import carrying
from tests.support.browsers import PHONE, signed_in
from tests.support.drains import query, settings_for
from tests.support.served import ADMIN, Served, served, views_settings
from trailkeeper.producer.testing import Recorder
from trailkeeper.views.app import create_app

FORM = """
<!doctype html><title>elsewhere</title>
<form method="post" action="{url}/dead-letters/discard">
<input name="ids" value="1"><input name="reason" value="x"><button>Win a prize</button></form>
"""


@pytest.fixture
def site(engine: Engine, database_url: str, redis_url: str, trailkeeper_events: Recorder) -> Iterator[Served]:
    story.tell(engine, datetime.now(UTC))
    story.lose(engine)
    worker = settings_for(redis_url, database_url, geoip=(geolite2_database(),))
    with (
        carrying(worker),
        served(views_settings(database_url=database_url, redis_url=redis_url)) as found,
    ):
        yield found


def _asked_for(context: BrowserContext, **fields: str) -> Page:
    """The page that shows what an enrich backfill would do."""
    page = context.new_page()
    page.goto("/backfills")
    page.get_by_role("link", name="Enrich again").click()
    page.get_by_label("All", exact=False).check()
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=False).fill(value)
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("button", name="Start it")).to_be_visible()
    return page


def _started(context: BrowserContext, **fields: str) -> Page:
    page = _asked_for(context, **fields)
    page.get_by_role("button", name="Start it").click()
    page.wait_for_url("**/backfills/*")
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_backfill_is_started_from_the_page_and_watched_to_its_end(
    browser: Browser, site: Served, database_url: str, scripts: bool
) -> None:
    with signed_in(browser, site, ADMIN, java_script_enabled=scripts, viewport=PHONE) as context:
        page = _started(context)
        expect(page.get_by_role("status")).to_have_text("Finished")

        bar = page.get_by_role("progressbar", name="Progress")
        expect(bar).to_have_attribute("value", "100")
        [job] = query(database_url, "SELECT state, seen, requested_by FROM backfills")
        assert (job["state"], job["requested_by"]) == ("finished", ADMIN.user_id)
        assert (
            page.get_by_label("Looked at", exact=True).get_by_role("strong").inner_text()
            == f"{job['seen']:,}"
        )


def test_the_page_shows_a_backfill_go_on_pause_and_resume(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, ADMIN) as context:
        page = _started(context, At_most="150")
        expect(page.get_by_role("status")).to_have_text("Running")
        seen = page.get_by_label("Looked at", exact=True).locator("strong")
        first = seen.inner_text()
        expect(seen).not_to_have_text(first)

        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("status")).to_have_text("Paused")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("status")).to_have_text("Running")
        page.get_by_role("link", name="Cancel").click()
        page.get_by_role("button", name="Cancel the backfill").click()
        expect(page.get_by_role("status")).to_have_text("Cancelled")
        expect(page.get_by_role("button", name="Resume")).to_have_count(0)


def test_the_page_itself_takes_buttons_away_once_it_has_ended(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, ADMIN) as context:
        page = _started(context, At_most="600")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.evaluate("window.here = true")

        expect(page.get_by_role("status")).to_have_text("Finished")
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        assert page.evaluate("window.here"), "it was not loaded anew"


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_letter_is_discarded_with_a_reason_and_the_log_says_so(
    browser: Browser, site: Served, database_url: str, scripts: bool
) -> None:
    with signed_in(browser, site, ADMIN, java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto("/dead-letters")
        page.get_by_label("Dead letter 12", exact=True).check()
        page.get_by_role("button", name="Discard selected").click()
        page.get_by_label("Why they are discarded").fill("tests of the sign-up form")
        page.get_by_role("button", name="Discard for good").click()

        expect(page.get_by_text("Discarded 1 dead letter: tests of the sign-up form")).to_be_visible()
        assert len(query(database_url, "SELECT id FROM dead_letters")) == 11
        page.goto("/log?tag=admin:dead_letters:discard")
        expect(page.locator(".sentence")).to_have_text(
            f"{ADMIN.user_id} discarded 1 dead letters: tests of the sign-up form"
        )


def test_a_page_of_another_site_commands_nothing(
    browser: Browser, engine: Engine, database_url: str, redis_url: str
) -> None:
    """Even where the host's session is sent along from everywhere, as some hosts' are."""
    story.lose(engine)
    settings = views_settings(database_url=database_url, redis_url=redis_url)
    app = create_app(settings, identify=lambda _: ADMIN)
    with served(settings, app) as site, browser.new_context() as context:
        page, elsewhere = context.new_page(), "http://elsewhere.localhost:1/"
        form = FORM.format(url=site.url)
        page.route(elsewhere, lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto(elsewhere)
        with page.expect_response("**/dead-letters/discard") as answer:
            page.get_by_role("button", name="Win a prize").click()

        assert answer.value.status == 403
        assert query(database_url, "SELECT * FROM admin_commands") == []
        assert len(query(database_url, "SELECT id FROM dead_letters")) == 12
