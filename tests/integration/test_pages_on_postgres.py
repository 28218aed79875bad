"""The pages over a real database: who sees what, what strangers write, what goes wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from tests.support import story
from tests.support.rows import store_in
from tests.support.served import ADMIN, MAINTAINER, OWNER, STRANGER, views_settings
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import EventRow, NetworkRow
from trailkeeper.producer.testing import Recorder
from trailkeeper.views.app import create_app
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import ANYBODY, Viewer

LEADING = ("href", "src", "action")
HTML = {"Accept": "text/html"}
VIEWERS = {"owner": OWNER, "maintainer": MAINTAINER, "stranger": STRANGER, "admin": ADMIN, "anybody": ANYBODY}
MAY_OPEN = {
    f"/users/{story.ADA.id}": {"owner", "admin"},
    f"/organizations/{story.LABS.id}": {"owner", "admin"},
    "/log": {"admin"},
}
TIDEWATER = f"/projects/{story.TIDEWATER.id}"
HIDDEN = ("Trusted publisher", "CPython", "20.1.128.5", "104.210.32.4", "Redmond", "San Jose", "From where")
SETTINGS = views_settings(redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def app(engine: Engine, trailkeeper_events: Recorder) -> FastAPI:
    now = datetime.now(UTC)
    story.tell(engine, now)
    story.store(engine, [story.hostile(now)])
    return create_app(SETTINGS, engine=engine)


def _client(app: FastAPI, viewer: Viewer) -> TestClient:
    found = TestClient(app, headers=HTML, follow_redirects=False)
    if viewer is not ANYBODY:
        found.headers["Authorization"] = f"Bearer {mint(SETTINGS, viewer, 60)}"
    return found


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


def _ids(html: str) -> list[str]:
    return re.findall(r'data-event="([^"]+)"', html)


@pytest.mark.parametrize("name", VIEWERS)
@pytest.mark.parametrize(
    "history", [f"/users/{story.ADA.id}", TIDEWATER, f"/organizations/{story.LABS.id}", "/log"]
)
def test_a_page_shows_the_events_that_the_api_answers_with(app: FastAPI, name: str, history: str) -> None:
    client = _client(app, VIEWERS[name])
    api = client.get(f"/api/v1{history.replace('/log', '')}/events", params={"limit": 50})
    page = client.get(history)

    assert page.status_code == api.status_code
    assert _ids(page.text) == [event["id"] for event in api.json().get("events", [])]
    assert (page.status_code == 200) == (name in MAY_OPEN.get(history, VIEWERS))


@pytest.mark.parametrize("viewer", [MAINTAINER, STRANGER, ANYBODY])
def test_a_redacted_page_holds_nothing_of_what_is_hidden(app: FastAPI, viewer: Viewer) -> None:
    client = _client(app, viewer)
    page = client.get(TIDEWATER, params={"tag": "file:add"}).text
    event = client.get(f"/events/{_ids(page)[0]}").text
    hidden = (
        "Trusted publisher",
        "CPython",
        "20.1.128.5",
        "104.210.32.4",
        "Redmond",
        "San Jose",
        "From where",
    )

    assert [word for word in hidden if word in page + event] == []
    assert "This is the public view" in page
    assert "You see part of this event" in event


@pytest.mark.parametrize(
    "address", [TIDEWATER, "/log", f"{TIDEWATER}?text=script", "/events/hostile", "/projects"]
)
def test_what_strangers_wrote_is_text_and_nothing_else(app: FastAPI, engine: Engine, address: str) -> None:
    event = story.hostile(datetime.now(UTC))
    story.store(engine, [event])
    viewer = ADMIN if address == "/log" else OWNER
    page = _client(app, viewer).get(address.replace("hostile", str(event.id)))

    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)" in page.text
    assert "\u202e" not in page.text
    tags = _tags(page.text)
    assert [found for tag, found in tags if tag == "script"] == [
        {"type": "module", "src": next(str(found["src"]) for tag, found in tags if tag == "script")}
    ]
    for _, found in tags:
        assert not [name for name in found if name.startswith("on") or name == "style"]
        assert not str(found.get("href", "")).startswith(("javascript:", "//", "http"))


@pytest.mark.parametrize(
    ("address", "status", "said", "step"),
    [
        ("/users/nobody", 404, "Not found", 'href="/"'),
        ("/events/no-id", 404, "Not found", 'href="/"'),
        ("/events/01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11", 404, "Not found", 'href="/"'),
        ("/nowhere", 404, "Not found", 'href="/"'),
        ("/projects/" + "x" * 300, 404, "Not found", 'href="/"'),
        ("/projects/%00", 404, "Not found", 'href="/"'),
        ("/me?cursor=older.AAAA", 422, "This cannot be shown", 'href="/me"'),
        ("/me?cursor=nonsense", 422, "This cannot be shown", 'href="/me"'),
        ("/me?since=yesterday", 422, "A filter is not valid", 'href="/me"'),
        ("/me?text=" + "x" * 201, 422, "A filter is not valid", 'href="/me"'),
        ("/live?about=user&id=u-1031", 404, "Not found", 'href="/"'),
        ("/live?about=everything", 404, "Not found", 'href="/"'),
        ("/live?about=user&id=u-1017&after=x", 422, "This cannot be shown", 'href="/live"'),
        ("/live?about=user&id=u-1017&address=x", 422, "This cannot be shown", 'href="/live"'),
        ("/static/1/nothing.css", 404, "Not found", 'href="/"'),
        ("/log", 404, "Not found", 'href="/"'),
        ("/dead-letters", 404, "Not found", 'href="/"'),
        ("/pipeline", 404, "Not found", 'href="/"'),
    ],
)
def test_what_goes_wrong_is_a_page_with_the_next_step(
    app: FastAPI, address: str, status: int, said: str, step: str
) -> None:
    page = _client(app, OWNER).get(address)

    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert said in page.text
    assert step in page.text
    assert _ids(page.text) == []


def test_a_cursor_of_another_viewers_filters_is_refused(app: FastAPI) -> None:
    client = _client(app, OWNER)
    older = re.search(r'href="[^"]*cursor=([^"&]+)"', client.get("/me").text)
    assert older

    assert client.get(f"/me?cursor={older[1]}").status_code == 200
    assert client.get(f"/me?tag=account:logout&cursor={older[1]}").status_code == 422


def test_what_admins_look_at_is_recorded_and_what_people_look_at_is_not(
    app: FastAPI, trailkeeper_events: Recorder
) -> None:
    _client(app, OWNER).get("/me")
    _client(app, ADMIN).get(f"/users/{story.ADA.id}?address=nonsense")
    assert list(trailkeeper_events.events) == []

    _client(app, ADMIN).get(f"/users/{story.ADA.id}?country=DE")
    (event,) = trailkeeper_events.events
    assert event.tag == "admin:history:view"
    assert event.additional == {"about": "user", "id": story.ADA.id, "filters": {"country_code": "DE"}}


def test_staff_is_staff_to_everybody_else(app: FastAPI, engine: Engine) -> None:
    now = datetime.now(UTC)
    frozen = story.staff_froze(now)
    story.store(engine, [frozen])
    page = _client(app, OWNER).get("/me").text
    event = _client(app, OWNER).get(f"/events/{frozen.id}").text

    assert _ids(page)[0] == str(frozen.id)
    assert str(story.STAFF.name) not in page + event
    assert "as said in the ticket" not in event
    assert str(story.STAFF.name) in _client(app, ADMIN).get(f"/events/{frozen.id}").text


def test_the_page_of_an_event_names_its_network_and_what_that_comes_from(
    app: FastAPI, engine: Engine
) -> None:
    history = f"{TIDEWATER}?tag=file:add"
    [identity, *_] = _ids(_client(app, OWNER).get(history).text)
    facts = {"operator": "<Example>", "source": "Small-ASN", "build": "2024-02-01"}
    network = store_in(engine, NetworkRow, digest=b"1", display="AS64496 <Example>", asn=64496, **facts)
    with transaction(engine) as connection:
        connection.execute(update(EventRow).where(EventRow.id == UUID(identity)).values(network_id=network))

    seen, redacted = (_client(app, viewer).get(f"/events/{identity}").text for viewer in (OWNER, STRANGER))

    assert "<dt>Network</dt>\n<dd><bdi>AS64496 &lt;Example&gt;</bdi></dd>" in seen
    assert "Its network, according to Small-ASN of 2024-02-01." in seen
    assert "64496" not in redacted
    assert _ids(_client(app, OWNER).get(f"{history}&asn=AS64496").text) == [identity]
    assert _ids(_client(app, STRANGER).get(f"{history}&asn=AS64496").text) != [identity]


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(app: FastAPI) -> None:
    client = _client(app, ANYBODY)

    assert client.get("/me").headers["location"] == "/sign-in?next=%2Fme"
    assert client.get("/").headers["location"] == "/sign-in"
    page = client.get("/sign-in?next=%2Fme").text
    assert '<input type="hidden" name="next" value="/me">' in page


def test_dead_letters_are_grouped_and_paged(app: FastAPI, engine: Engine) -> None:
    story.lose(engine, 60)
    client = _client(app, ADMIN)
    first = client.get("/dead-letters").text
    older = re.search(r'href="(/dead-letters\?before=\d+)"', first)
    assert older
    second = client.get(older[1]).text

    numbers = re.findall(r'href="/dead-letters/(\d+)"', first + second)
    assert [int(number) for number in numbers] == list(range(60, 0, -1))
    assert "Wrong shape (" in first
    only = client.get("/dead-letters?reason=unknown_tag").text
    assert set(re.findall(r"<td class=\"whole\">([A-Z][a-z ]+)</td>", only)) == {"Unknown tag"}
    assert "&lt;b&gt;" in client.get("/dead-letters/1").text
    assert client.get("/dead-letters/61").status_code == 404
    assert client.get("/dead-letters/9999999999999999999999").status_code == 404


def test_the_pipelines_page_says_that_redis_is_away(app: FastAPI) -> None:
    page = _client(app, ADMIN).get("/pipeline")

    assert page.status_code == 200
    assert "Redis does not answer" in page.text
    assert "events_user_" in page.text


def test_without_a_database_a_page_says_to_try_again(trailkeeper_events: Recorder) -> None:
    app = create_app(views_settings(database_url="postgresql+psycopg2://nobody@127.0.0.1:1/none"))
    page = _client(app, OWNER).get("/me?tag=account:logout")

    assert page.status_code == 503
    assert 'href="/me?tag=account:logout"' in page.text
    assert "Try again" in page.text


def test_mounted_in_a_host_every_address_is_below_the_mount(app: FastAPI, engine: Engine) -> None:
    host = FastAPI()
    host.mount("/trail", create_app(SETTINGS, identify=lambda _: OWNER, engine=engine))
    client = TestClient(host, headers=HTML, follow_redirects=False)
    assert client.get("/trail/").headers["location"] == "/trail/me"
    page = client.get("/trail/me")

    assert page.status_code == 200
    found = [value for _, attributes in _tags(page.text) for value in map(attributes.get, LEADING) if value]
    wrong = [each for each in found if each != "#main" and not each.startswith("/trail/")]
    assert wrong == []
    assert 'data-live="/trail/live?about=user' in page.text
    older = next(each for each in found if "cursor=" in each)
    assert client.get(older).status_code == 200


def test_where_a_page_goes_on_live_is_sealed(app: FastAPI) -> None:
    page = _client(app, OWNER).get("/me").text
    [live] = [address for _, attributes in _tags(page) if (address := attributes.get("data-live"))]
    [after] = parse_qs(urlsplit(live).query)["after"]
    seen = app.state.trailkeeper.positions.read(after).seen
    assert seen is not None
    assert f"{seen.xmin}:" not in after


def test_style_and_scripts_are_kept_for_ever_and_pages_never(app: FastAPI) -> None:
    client = _client(app, OWNER)
    page = client.get("/me")
    style = re.search(r'href="([^"]+trail.css)"', page.text)
    assert style
    found: Any = client.get(style[1])

    assert (found.status_code, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/old/trail.css").headers["cache-control"] == "no-cache"
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
