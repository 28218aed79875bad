"""What people do with the pages, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.support import story
from tests.support.browsers import DESKTOP, signed_in
from tests.support.drains import an_event, put, settings_for
from tests.support.served import ADMIN, MAINTAINER, OWNER, STRANGER, Served, served, views_settings
from trailkeeper import Actor, Emitter, ProducerSettings
from trailkeeper.producer.event import Subject
from trailkeeper.producer.ids import moment_of
from trailkeeper.producer.testing import Recorder
from trailkeeper.worker.drain import Drainer

ROWS = "[data-event]"
PAGE = 50
LOCAL_FROM = re.compile(r"From \(Asia/Kath?mandu\)")  # the name that older data of time zones have


@pytest.fixture
def site(engine: Engine, database_url: str, redis_url: str, trailkeeper_events: Recorder) -> Iterator[Served]:
    story.tell(engine, datetime.now(UTC))
    with served(views_settings(database_url=database_url, redis_url=redis_url)) as found:
        yield found


def _ids(page: Page) -> list[str]:
    found: list[str] = page.locator(ROWS).evaluate_all("rows => rows.map((row) => row.dataset.event)")
    return found


def test_a_person_signs_in_with_a_token_and_out_again(browser: Browser, site: Served) -> None:
    with browser.new_context(base_url=site.url) as context:
        page = context.new_page()
        page.goto("/me")
        page.get_by_label("Access token").fill("nonsense")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("The token cannot be read.")

        page.get_by_label("Access token").fill(site.token(OWNER))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(str(story.ADA.name))
        (cookie,) = context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")

        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
        assert context.cookies() == []


def test_signing_in_leads_to_the_page_that_was_asked_for(browser: Browser, site: Served) -> None:
    with browser.new_context(base_url=site.url) as context:
        page = context.new_page()
        page.goto("/organizations")
        page.get_by_label("Access token").fill(site.token(OWNER))
        page.get_by_role("button", name="Sign in").click()

        page.wait_for_url("**/organizations")


def test_an_expired_session_is_told_and_leads_to_signing_in(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, OWNER) as context:
        context.clear_cookies()
        context.add_cookies([{"name": "trailkeeper", "value": "no token any more", "url": site.url}])
        page = context.new_page()
        answer = page.goto("/me?tag=account:logout")
        assert answer is not None
        assert answer.status == 401

        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        page.get_by_label("Access token").fill(site.token(OWNER))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/me?tag=account:logout")


def test_pages_lead_back_and_forth_and_no_event_is_shown_twice(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, OWNER) as context:
        page = context.new_page()
        page.goto("/me")
        first = _ids(page)
        page.get_by_role("link", name="Older").click()
        page.wait_for_url("**cursor=older**")
        second = _ids(page)
        page.get_by_role("link", name="Newer").click()
        page.wait_for_url("**cursor=newer**")

        assert len(first) == len(second) == PAGE
        assert sorted(first + second, reverse=True) == first + second
        assert _ids(page) == first


def test_filters_stand_in_the_address_and_can_be_taken_off_one_by_one(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, ADMIN) as context:
        page = context.new_page()
        page.goto("/log")
        page.get_by_label("Event type").select_option("account:login:failure")
        page.get_by_label("Country").fill("sg")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**/log?tag=account%3Alogin%3Afailure&country=sg")

        tags = page.locator(f"{ROWS} .tag").all_inner_texts()
        assert set(tags) == {"account:login:failure"}
        assert all("SG" in place for place in page.locator(f"{ROWS} .meta").all_inner_texts())
        page.get_by_role("link", name="Remove filter Country: sg").click()
        page.wait_for_url("**/log?tag=account%3Alogin%3Afailure")
        assert len(_ids(page)) > len(tags)


def test_what_services_did_on_somebodys_behalf_is_one_click_away(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, OWNER) as context:
        page = context.new_page()
        page.goto("/me")
        page.get_by_role("link", name="On my behalf, by services").click()
        page.wait_for_url("**via_service=true")

        badges = page.locator(f"{ROWS} .badges").all_inner_texts()
        assert badges
        assert all(re.search("API token|Trusted publisher", each) for each in badges)


def test_a_day_of_the_chart_leads_to_its_events(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, OWNER) as context:
        page = context.new_page()
        page.goto("/me")
        bar = page.locator(".chart svg a").nth(20)
        bar.hover()
        told = page.locator("[data-readout]").inner_text()
        assert told == bar.get_attribute("aria-label")
        bar.click()
        page.wait_for_url("**since=**until=**")

        number = int(told.split(": ")[1].split()[0])
        assert len(_ids(page)) == min(PAGE, number)


def test_the_live_tail_shows_what_was_just_emitted(
    browser: Browser, site: Served, redis_url: str, database_url: str
) -> None:
    emitter = Emitter(ProducerSettings(redis_url=redis_url))
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    with signed_in(browser, site, OWNER) as context:
        page = context.new_page()
        page.goto("/me")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        actor = Actor("user", story.ADA.id, "<b>ada</b>")
        receipt = emitter.emit("account:password:change", user=(story.ADA.id, "<b>ada</b>"), actor=actor)
        drainer.run(5)

        first = page.locator(ROWS).first
        expect(first).to_have_attribute("data-event", str(receipt))
        expect(first.locator(".sentence")).to_have_text("<b>ada</b> changed their password")
        namesake = an_event(
            moment_of(receipt), id=receipt, tag="project:create", project=Subject("p9"), actor=actor
        )
        with redis.Redis.from_url(redis_url) as client:
            put(client, namesake)
        drainer.run(5)
        expect(page.locator(f'[data-event="{receipt}"]')).to_have_count(2)
        page.reload()
        assert _ids(page)[:2] == [str(receipt), str(receipt)]
    drainer.close()
    emitter.close()


@pytest.mark.parametrize(("name", "ending"), [("Export CSV", "csv"), ("Export JSON Lines", "jsonl")])
def test_an_export_is_downloaded_with_the_filters_of_the_page(
    browser: Browser, site: Served, trailkeeper_events: Recorder, name: str, ending: str
) -> None:
    with signed_in(browser, site, OWNER) as context:
        page = context.new_page()
        page.goto("/me?tag=account:logout&since=2026-01-01")
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        path = waiting.value.path()
        lines = path.read_text(encoding="utf-8").splitlines()

        assert waiting.value.suggested_filename == f"trailkeeper-user-{story.ADA.id}.{ending}"
        assert len(lines) > 1
        if ending == "jsonl":
            assert {json.loads(line)["tag"] for line in lines} == {"account:logout"}
        else:
            assert all("account:logout" in line for line in lines[1:])
    trailkeeper_events.assert_emitted("admin:history:export")


def test_everything_works_without_javascript(browser: Browser, site: Served) -> None:
    with browser.new_context(base_url=site.url, java_script_enabled=False, viewport=DESKTOP) as context:
        page = context.new_page()
        page.goto("/me")
        page.get_by_label("Access token").fill(site.token(OWNER))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Text in the details").fill("webauthn")
        page.get_by_role("button", name="Show").click()
        expect(page.locator(".chips")).to_contain_text("webauthn")
        page.locator(ROWS).first.locator(".when a").click()

        expect(page.get_by_role("heading", name="On the record")).to_be_visible()
        expect(page.locator(".facts")).to_contain_text(["webauthn"])
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Access token")).to_be_visible()


def test_times_are_the_readers_own_and_exact_utc_is_kept(browser: Browser, site: Served) -> None:
    with (
        signed_in(browser, site, OWNER, timezone_id="Asia/Kathmandu") as there,
        signed_in(browser, site, OWNER, java_script_enabled=False) as plain,
    ):
        local, utc = there.new_page(), plain.new_page()
        for page in (local, utc):
            page.goto("/me")
        shown = local.locator(f"{ROWS} time").first
        written = utc.locator(f"{ROWS} time").first

        exact = written.get_attribute("title") or ""
        title = shown.get_attribute("title") or ""
        assert title.endswith(f"; {exact}")
        assert "GMT+05:45" in title
        assert exact[11:19] == written.inner_text()
        moment = datetime.fromisoformat(str(shown.get_attribute("datetime")))
        minutes = (moment.hour * 60 + moment.minute + 5 * 60 + 45) % (24 * 60)
        assert shown.inner_text()[:5] == f"{minutes // 60:02}:{minutes % 60:02}"
        assert re.search("zone Asia/Kath?mandu", local.locator("footer").inner_text())


def test_rows_chart_and_filters_of_a_page_have_one_clock(browser: Browser, site: Served) -> None:
    since = "2026-11-15T12:00"
    with (
        signed_in(browser, site, OWNER, timezone_id="Asia/Kathmandu") as there,
        signed_in(browser, site, OWNER, java_script_enabled=False) as plain,
    ):
        local, utc = there.new_page(), plain.new_page()
        for page in (local, utc):
            page.goto(f"/me?since={since}")
        expect(utc.get_by_label("From (UTC)")).to_have_value(since)
        field = local.get_by_label(LOCAL_FROM)
        expect(field).to_have_value("2026-11-15T17:45")
        expect(utc.locator(".chips time")).to_contain_text("15 Nov 2026, 12:00")
        expect(local.locator(".chips time")).to_contain_text("15 Nov 2026, 17:45")
        bars = [
            page.locator(".chart a[aria-label]").first.get_attribute("aria-label") for page in (local, utc)
        ]
        assert ":45" in str(bars[0])
        assert ":45" not in str(bars[1])

        field.fill("2026-07-01T05:45")
        local.get_by_role("button", name="Show").click()
        local.wait_for_url("**since=2026-07-01T00%3A00Z*")
        expect(local.get_by_label(LOCAL_FROM)).to_have_value("2026-07-01T05:45")


def test_each_row_has_the_offset_of_its_own_time(browser: Browser, site: Served) -> None:
    with signed_in(browser, site, OWNER, timezone_id="Europe/Berlin") as there:
        page = there.new_page()
        page.goto("/me")
        titles = page.evaluate(
            """async () => {
                const { src } = document.querySelector("script[type=module]");
                const { localTimes } = await import(src.replace("trail.js", "times.js"));
                const holder = document.createElement("div");
                holder.innerHTML = ["2026-07-01T00:00:00Z", "2026-12-01T00:00:00Z"]
                    .map((at) => `<time data-show="moment" datetime="${at}" title=""></time>`).join("");
                localTimes(holder);
                return [...holder.children].map((time) => time.title);
            }"""
        )
        assert ["GMT+02:00" in titles[0], "GMT+01:00" in titles[1]] == [True, True]


def test_each_viewer_sees_of_one_project_what_is_theirs(browser: Browser, site: Served) -> None:
    address = f"/projects/{story.TIDEWATER.id}?tag=file:add"
    seen: dict[str, Any] = {}
    for name, viewer in (
        ("owner", OWNER),
        ("maintainer", MAINTAINER),
        ("stranger", STRANGER),
        ("admin", ADMIN),
    ):
        with signed_in(browser, site, viewer) as context:
            page = context.new_page()
            page.goto(address)
            texts = page.locator(f"{ROWS} .meta").all_inner_texts()
            seen[name] = (len(texts), any("uv (CPython" in text for text in texts))

    assert {number for number, _ in seen.values()} == {PAGE}
    assert {name: places for name, (_, places) in seen.items()} == {
        "owner": True,
        "maintainer": False,
        "stranger": False,
        "admin": True,
    }


@pytest.mark.parametrize(
    "address",
    [
        f"/users/{story.JAN.id}",
        "/log",
        "/dead-letters",
        "/pipeline",
        f"/organizations/{story.LABS.id}",
        "/users/nobody",
    ],
)
def test_a_forbidden_history_looks_like_one_that_does_not_exist(
    browser: Browser, site: Served, address: str
) -> None:
    with signed_in(browser, site, STRANGER) as context:
        page = context.new_page()
        answer = page.goto(address)

        assert answer is not None
        assert answer.status == 404
        assert page.get_by_role("main").inner_text().split()[:3] == ["404", "Not", "found"]
        page.get_by_role("link", name="Go to my history").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(str(STRANGER.user_id))
