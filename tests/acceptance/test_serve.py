"""`trailkeeper serve` as operators start it: uvicorn's options, and a path of the host that it is below."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import Engine

from tests.support import story
from tests.support.rows import NOON
from tests.support.served import ADMIN, OWNER, Served, served, views_settings
from tests.support.serving import COMMAND, environment, serving, stripping
from tests.support.waiting import until
from trailkeeper.views.app import create_app

PREFIX = "/audit"


@pytest.fixture(params=["passed on", "stripped", "mounted"])
def site(
    request: pytest.FixtureRequest, engine: Engine, database_url: str, redis_url: str
) -> Iterator[Served]:
    """The service below a path: behind a proxy that strips it, behind one that does not, and mounted."""
    story.tell(engine, NOON)
    settings = views_settings(database_url=database_url, redis_url=redis_url)
    if request.param == "mounted":
        host = FastAPI()
        host.mount(PREFIX, create_app(settings))
        with served(settings, host) as found:
            yield Served(found.url + PREFIX, settings)
        return
    with serving("--prefix", PREFIX, database_url=database_url, redis_url=redis_url) as url:
        if request.param == "passed on":
            yield Served(url + PREFIX, settings)
        else:
            with stripping(url, PREFIX) as proxy:
                yield Served(proxy + PREFIX, settings)


def _links(html: str) -> set[str]:
    return set(re.findall(r'(?:href|action|src|data-live)="(/[^"]*)"', html))


def test_every_link_form_and_file_of_each_page_is_below_the_path(site: Served) -> None:
    cookies = {"trailkeeper": site.token(ADMIN)}
    with httpx.Client(base_url=site.url, cookies=cookies, follow_redirects=True, timeout=30) as client:
        start = client.get("", headers={"Accept": "text/html"})
        assert start.url.path == f"{PREFIX}/me"
        for path in ("/log", "/pipeline", "/backfills", "/backfills/new", "/dead-letters", "/retention"):
            page = client.get(path, headers={"Accept": "text/html"})
            links = _links(page.text)
            assert page.status_code == 200
            assert links
            assert {link for link in links if not link.startswith(f"{PREFIX}/")} == set(), path
        for link in _links(client.get("/log", headers={"Accept": "text/html"}).text):
            if "/static/" in link or "/events/export" in link or link.startswith(f"{PREFIX}/log"):
                assert client.get(link.removeprefix(PREFIX).replace("&amp;", "&")).status_code == 200, link


def test_the_api_says_where_it_is(site: Served) -> None:
    headers = {"Authorization": f"Bearer {site.token(OWNER)}"}
    document = httpx.get(f"{site.url}/openapi.json").json()
    assert document["servers"] == [{"url": PREFIX}]
    page = httpx.get(f"{site.url}/api/v1/users/{story.ADA.id}/events?limit=2", headers=headers).json()
    assert page["links"]["older"].startswith(f"{PREFIX}/api/v1/users/")
    following = httpx.get(site.url.removesuffix(PREFIX) + page["links"]["older"], headers=headers)
    assert following.json()["links"]["newer"].startswith(f"{PREFIX}/api/v1/users/")


def test_the_cookie_is_for_that_path_only(site: Served) -> None:
    form = {"token": site.token(OWNER)}
    answer = httpx.post(f"{site.url}/session", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/")
    assert f"; Path={PREFIX};" in answer.headers["set-cookie"]


def test_a_person_signs_in_looks_around_and_signs_out_below_the_path(browser: Browser, site: Served) -> None:
    failed: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("requestfailed", lambda request: failed.append(_described(request)))
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.goto(f"{site.url}/me")
        page.wait_for_url(f"**{PREFIX}/sign-in?next=*")
        page.get_by_label("Access token").fill(site.token(OWNER))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{PREFIX}/me")
        expect(page.get_by_role("heading", level=1)).to_have_text(str(story.ADA.name))
        expect(page.get_by_role("status")).to_have_text("Live")
        _follow_links(page)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"**{PREFIX}/sign-in")
        assert context.cookies() == []
    assert [url for url in failed if "/live" not in url] == []


def _described(request: Request) -> str:
    return f"{request.method} {request.url}"


def _follow_links(page: Page) -> None:
    page.get_by_role("link", name="Older").click()
    page.wait_for_url(f"**{PREFIX}/me?cursor=older**")
    page.locator("[data-event] .when a").first.click()
    page.wait_for_url(f"**{PREFIX}/events/*/*")
    page.get_by_role("link", name="My projects").click()
    page.wait_for_url(f"**{PREFIX}/projects")


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def test_uvicorns_own_options_override_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "views.sock"
    command = [*COMMAND, "--workers", "2", "--uds", str(path), "--access-log", "--header", "X-From:here"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: _listens(path), what="it listens on its socket")
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
                answer = client.get("http://views/health", timeout=30)
            assert (answer.status_code, answer.headers["x-from"]) == (200, "here")
            assert "server" not in answer.headers
        finally:
            process.send_signal(signal.SIGTERM)
            printed, _ = process.communicate(timeout=30)
    assert '"GET /health HTTP/1.1" 200' in printed


def _ended(*options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *options]
    return subprocess.run(
        command, env=environment(**settings), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("options", "settings", "message"),
    [
        ([], {"token_secret": "short"}, "TRAILKEEPER_TOKEN_SECRET"),
        ([], {"database_url": "mysql://localhost/x"}, "expected a URL such as postgresql+psycopg2://"),
        (["--prefix", "audit"], {}, "TRAILKEEPER_VIEWS_PREFIX is 'audit'; expected a path such as /audit"),
        (["--prefix", "/projects/audit"], {}, "where the service has pages of its own"),
        (["--prefix", "/api"], {}, "where the service has pages of its own"),
        (["--nonsense"], {}, "No such option '--nonsense'"),
    ],
)
def test_a_mistake_is_told_in_one_line(options: list[str], settings: dict[str, str], message: str) -> None:
    ended = subprocess.run(
        [*COMMAND, *options],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told_and_ends_it() -> None:
    with serving() as url:
        port = url.rpartition(":")[2]
        ended = subprocess.run(
            [*COMMAND, "--port", port],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 3
    assert "address already in use" in ended.stderr
