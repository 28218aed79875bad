"""What admins command over the API and on pages: done once, by them alone, and only if they mean it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from tests.support import story
from tests.support.admin_commands import carrying
from tests.support.api import ADMIN, API, MAINTAINER, OWNER, STRANGER, USER, asking, problem, settings
from tests.support.backfills import start_enrich
from tests.support.command import call
from tests.support.drains import STREAM, query, settings_for
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.producer.stream_keys import admin_commands_key
from trailkeeper.views.admin_commands import READ_ONLY_ROLE, AdminCommandQueue
from trailkeeper.views.app import create_app
from trailkeeper.views.limits import RateLimiter
from trailkeeper.views.tickets import NOT_OURS, OLD, Tickets
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.upkeep import beat_alive

ENRICH = {"kind": "enrich", "which": "all"}
OTHER_ADMIN = Viewer(user_id="other", staff=True)
HTML = {"accept": "text/html"}
OWN = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
COMMANDS: list[tuple[str, Any]] = [
    ("/backfills", ENRICH),
    ("/backfills/preview", ENRICH),
    ("/backfills/1/pause", None),
    ("/dead-letters/discard", {"ids": [1], "reason": "rubbish"}),
]


@pytest.fixture
def app(engine: Engine, redis_url: str) -> FastAPI:
    return create_app(settings(redis_url=redis_url, stream=STREAM), engine=engine)


@pytest.fixture
def patient(app: FastAPI, engine: Engine, redis_url: str) -> FastAPI:
    """The same where an answer waits as long as a busy machine needs."""
    return _with_patience(app, engine, redis_url, 20.0)


@pytest.fixture
def hasty(app: FastAPI, engine: Engine, redis_url: str) -> FastAPI:
    """The same where no answer waits for a worker."""
    return _with_patience(app, engine, redis_url, 0.0)


def _with_patience(app: FastAPI, engine: Engine, redis_url: str, seconds: float) -> FastAPI:
    found = settings(redis_url=redis_url, stream=STREAM)
    commands = AdminCommandQueue(engine, engine, found, seconds)
    app.state.trailkeeper = replace(app.state.trailkeeper, admin_commands=commands)
    return app


@pytest.fixture
def worker(redis_url: str, database_url: str) -> Iterator[None]:
    with carrying(settings_for(redis_url, database_url)):
        yield


def _commands(database_url: str) -> list[dict[str, Any]]:
    statement = "SELECT action, arguments, requested_by FROM admin_commands ORDER BY requested_at"
    return query(database_url, statement)


@pytest.mark.usefixtures("worker")
def test_a_backfill_is_looked_at_started_watched_and_stopped(patient: FastAPI, engine: Engine) -> None:
    story.lose(engine, 3)
    with asking(patient, ADMIN) as client:
        shown = client.post(f"{API}/backfills/preview", json={"kind": "dead_letters"}).json()
        assert (shown["state"], shown["preview"]["seen"], shown["backfill_id"]) == ("done", 3, None)
        begun = client.post(f"{API}/backfills", json={"kind": "dead_letters", "ids": [1, 2], "throttle": 1})
        assert begun.status_code == 200
        assert begun.json()["links"]["backfill"] == f"{API}/backfills/1"
        job = client.get(f"{API}/backfills/1").json()
        assert (job["kind"], job["requested_by"], job["filters"]["ids"]) == ("dead_letters", "boss", [1, 2])
        for action in ("pause", "resume", "cancel"):
            assert client.post(f"{API}/backfills/1/{action}").json()["backfill_id"] == 1
        job = client.get(f"{API}/backfills/1").json()
        assert (job["state"], job["may"]) == ("cancelled", [])
        assert [each["id"] for each in client.get(f"{API}/backfills?limit=1").json()["backfills"]] == [1]
        told = problem(client.post(f"{API}/backfills/1/pause"), 409)
        assert told == "backfill 1 is cancelled; to pause one it must be running"


@pytest.mark.usefixtures("worker")
def test_letters_are_listed_shown_and_discarded(patient: FastAPI, engine: Engine, database_url: str) -> None:
    story.lose(engine, 5)
    with asking(patient, ADMIN) as client:
        page = client.get(f"{API}/dead-letters?limit=3").json()
        assert ([each["id"] for each in page["dead_letters"]], page["older"]) == ([5, 4, 3], 3)
        rest = client.get(f"{API}/dead-letters?limit=3&before=3").json()
        assert ([each["id"] for each in rest["dead_letters"]], rest["older"]) == ([2, 1], None)
        assert sum(page["counts"].values()) == 5
        assert '"note":"<b>0</b>"' in client.get(f"{API}/dead-letters/1").json()["raw"]
        done = client.post(f"{API}/dead-letters/discard", json={"ids": [1, 2, 2], "reason": "rubbish"})
        assert done.json()["count"] == 2
        problem(client.get(f"{API}/dead-letters/1"), 404)
        told = problem(client.post(f"{API}/dead-letters/discard", json={"ids": [1], "reason": "x"}), 409)
        assert told == "no dead letter has the id 1"
    [event] = query(database_url, "SELECT * FROM events WHERE tag = 'admin:dead_letters:discard'")
    assert (event["actor_id"], event["additional"]["reason"]) == ("boss", "rubbish")


@pytest.mark.parametrize("viewer", [None, USER, OWNER, MAINTAINER, STRANGER])
def test_to_others_there_is_nothing_to_command_or_to_look_at(
    hasty: FastAPI, database_url: str, viewer: Viewer | None
) -> None:
    with asking(hasty, viewer) as client:
        for path, body in COMMANDS:
            problem(client.post(f"{API}{path}", json=body), 404)
            assert client.post(path, data={"kind": "enrich"}, headers=HTML | OWN).status_code == 404
        for path in (
            "/backfills",
            "/backfills/1",
            "/dead-letters",
            "/dead-letters/1",
            f"/commands/{uuid4()}",
        ):
            problem(client.get(f"{API}{path}"), 404)
        pages = (
            "/backfills",
            "/backfills/new",
            "/backfills/1",
            "/retention",
            "/dead-letters/confirm?what=replay",
        )
        for path in pages:
            assert client.get(path, headers=HTML).status_code == 404
    assert _commands(database_url) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"authorization": "Basic Ym9zczpib3Nz"},
    ],
)
def test_a_cookie_alone_commands_nothing(hasty: FastAPI, database_url: str, headers: dict[str, str]) -> None:
    cookies = {"trailkeeper": mint(settings(), ADMIN, 60)}
    with asking(hasty, cookies=cookies) as client:
        for path, body in COMMANDS:
            refused = client.post(f"{API}{path}", json=body, headers=headers)
            assert refused.status_code in {401, 403}
            form = client.post(path, data={"kind": "enrich"}, headers=HTML | headers)
            assert form.status_code in {401, 403}
        assert _commands(database_url) == []
        assert client.post(f"{API}/backfills", json=ENRICH, headers=OWN).status_code == 202


def test_an_order_that_is_sent_twice_is_placed_once(hasty: FastAPI, database_url: str) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    with asking(hasty, ADMIN) as client:
        first = client.post(f"{API}/backfills", json=ENRICH, headers=key)
        again = client.post(f"{API}/backfills", json=ENRICH, headers=key)
        assert first.json() == again.json()
        told = problem(client.post(f"{API}/backfills", json={"kind": "dead_letters"}, headers=key), 409)
        assert told.startswith("this id was used for another command")
    with asking(hasty, OTHER_ADMIN) as client:
        problem(client.post(f"{API}/backfills", json=ENRICH, headers=key), 409)
    assert [order["requested_by"] for order in _commands(database_url)] == ["boss"]


def test_without_a_worker_an_order_waits_and_workers_are_told(hasty: FastAPI, client: Any) -> None:
    with asking(hasty, ADMIN) as asker:
        answer = asker.post(f"{API}/backfills", json=ENRICH)
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        assert asker.get(answer.headers["location"]).json() == answer.json()
    assert client.exists(admin_commands_key(STREAM)) == 1


def test_without_redis_an_order_is_placed_all_the_same(engine: Engine, database_url: str) -> None:
    app = create_app(settings(redis_url="redis://127.0.0.1:1/0"), engine=engine)
    _with_patience(app, engine, "redis://127.0.0.1:1/0", 0.0)
    with asking(app, ADMIN) as client:
        assert client.post(f"{API}/backfills", json=ENRICH).status_code == 202
    assert len(_commands(database_url)) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "enrich", "which": "some"}, "which"),
        ({"kind": "import"}, "kind"),
        ({"kind": "enrich", "surprise": 1}, "surprise"),
        ({"kind": "enrich", "throttle": 0}, "throttle"),
        ({"kind": "enrich", "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
        ({"kind": "dead_letters", "reasons": ["nonsense"]}, "reasons"),
        ({"kind": "dead_letters", "ids": [0]}, "ids"),
        ({"kind": "enrich", "user": "\0"}, "value that no event can have"),
    ],
)
def test_what_cannot_be_meant_is_told_and_not_placed(
    hasty: FastAPI, database_url: str, body: dict[str, Any], said: str
) -> None:
    with asking(hasty, ADMIN) as client:
        assert said in problem(client.post(f"{API}/backfills", json=body), 422)
    assert _commands(database_url) == []


def test_an_admin_commands_thirty_times_a_minute(hasty: FastAPI) -> None:
    hasty.state.trailkeeper = replace(hasty.state.trailkeeper, command_rate=RateLimiter(2))
    with asking(hasty, ADMIN) as client, asking(hasty, OTHER_ADMIN) as other:
        for _ in range(2):
            assert client.post(f"{API}/backfills", json=ENRICH).status_code == 202
        assert (
            problem(client.post(f"{API}/backfills", json=ENRICH), 429) == "too many commands; wait a little"
        )
        assert other.post(f"{API}/backfills", json=ENRICH).status_code == 202


def test_a_role_that_only_reads_says_so_and_one_that_may_place_orders_can_do_nothing_else(
    engine: Engine, database_url: str, redis_url: str
) -> None:
    role = f"narrow_{uuid4().hex[:8]}"
    with transaction(engine) as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA trailkeeper TO {role}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA trailkeeper TO {role}"))
    url = make_url(database_url).set(username=role).render_as_string(hide_password=False)
    narrow = make_engine(url, application_name="test")
    app = create_app(settings(database_url=url, redis_url=redis_url, stream=STREAM))
    with asking(app, ADMIN) as client:
        assert problem(client.post(f"{API}/backfills", json=ENRICH), 503) == READ_ONLY_ROLE
        with transaction(engine) as connection:
            columns = "id, requested_by, action, arguments"
            connection.execute(text(f"GRANT INSERT ({columns}) ON admin_commands TO {role}"))
        assert client.post(f"{API}/backfills", json=ENRICH).status_code == 202
        assert client.get(f"{API}/backfills").status_code == 200
    narrow.dispose()
    for engine_of_app in (app.state.trailkeeper.engine, app.state.trailkeeper.admin_commands._writing):
        engine_of_app.dispose()
    with transaction(engine) as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def _fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads to *action*."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


@pytest.fixture
def pages(patient: FastAPI) -> Iterator[TestClient]:
    with asking(patient, ADMIN, headers=HTML) as client:
        yield client


@pytest.mark.usefixtures("worker")
def test_on_pages_a_backfill_is_previewed_and_started_and_pressing_twice_starts_one(
    pages: TestClient, engine: Engine, database_url: str
) -> None:
    story.lose(engine, 2)
    settle = pages.get("/dead-letters/confirm?what=replay").text
    seen = pages.post("/backfills/preview", data=_fields(settle, "/backfills"))
    preview = pages.get(seen.headers["location"]).text
    assert "Nothing was changed yet" in preview
    fields = _fields(preview, "/backfills")
    started = [pages.post("/backfills", data=fields).headers["location"] for _ in range(2)]

    assert started == ["/backfills/1", "/backfills/1"]
    assert [order["action"] for order in _commands(database_url)] == ["preview_replay", "replay"]
    assert "Replay of dead letters" in pages.get("/backfills").text
    assert "Replay of dead letters, started by" in pages.get("/backfills/1").text


def test_on_pages_what_cannot_be_meant_is_told_beside_the_form(pages: TestClient, database_url: str) -> None:
    fields = _fields(pages.get("/backfills/new").text, "/backfills/preview")
    for more, said in (
        ({"throttle": "0"}, "throttle: input should be greater"),
        ({"since": "yesterday"}, "Since: "),
        ({"since": "2026-01-02T00:00", "until": "2026-01-01T00:00"}, "is not after since"),
        ({"scope": "galaxy"}, "Scope: "),
    ):
        page = pages.post("/backfills/preview", data=fields | {"which": "all"} | more)
        assert page.status_code == 422
        assert said.lower() in page.text.lower()
        assert 'value="all" checked' in page.text
    assert _commands(database_url) == []


@pytest.mark.usefixtures("worker")
def test_on_pages_letters_are_discarded_for_a_reason(
    pages: TestClient, engine: Engine, database_url: str
) -> None:
    story.lose(engine, 3)
    listed = pages.get("/dead-letters").text
    assert listed.count('name="ids"') == 3
    confirm = pages.get("/dead-letters/confirm?what=discard&ids=1&ids=2").text
    assert "Discard 2 dead letters?" in confirm
    fields = _fields(confirm, "/dead-letters/discard") | {"ids": ["1", "2"]}
    assert pages.post("/dead-letters/discard", data=fields | {"reason": "  "}).status_code == 422
    done = pages.post("/dead-letters/discard", data=fields | {"reason": "<b>tests</b>"})

    page = pages.get(done.headers["location"]).text
    assert "Discarded 2 dead letters" in page
    assert "&lt;b&gt;tests&lt;/b&gt;" in page
    assert query(database_url, "SELECT id FROM dead_letters") == [{"id": 3}]
    assert pages.get("/dead-letters/confirm?what=discard&ids=1").status_code == 409
    assert pages.get("/dead-letters/confirm?what=discard").status_code == 422
    assert pages.get("/dead-letters/confirm?what=dance").status_code == 404


def test_a_form_that_is_not_ours_commands_nothing(hasty: FastAPI, database_url: str) -> None:
    tickets: Tickets = hasty.state.trailkeeper.tickets
    old = tickets.write(ADMIN, datetime.now(UTC) - timedelta(hours=25))
    others = tickets.write(OTHER_ADMIN)
    forged = tickets.write(ADMIN)._replace(code="0" * 32)
    with asking(hasty, ADMIN, headers=HTML) as client:
        for ticket, said in ((old, OLD), (others, NOT_OURS), (forged, NOT_OURS), (None, NOT_OURS)):
            data = {"form_id": ticket.id, "ticket": ticket.code} if ticket else {}
            page = client.post("/backfills", data=data | {"kind": "dead_letters"})
            assert page.status_code == 403
            assert said[1:] in page.text
    assert _commands(database_url) == []


def test_a_page_says_that_it_waits_and_looks_again_by_itself(hasty: FastAPI) -> None:
    with asking(hasty, ADMIN, headers=HTML) as client:
        fields = _fields(client.get("/backfills/new").text, "/backfills/preview")
        sent = client.post("/backfills/preview", data=fields)
        page = client.get(sent.headers["location"]).text
        assert "Waiting for a worker" in page
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
        assert client.get("/commands/nonsense").status_code == 404
        assert client.get(f"/commands/{uuid4()}").status_code == 404


def test_a_backfill_is_told_by_the_api_as_the_command_tells_it(
    hasty: FastAPI,
    engine: Engine,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start_enrich(engine, throttle=7, scope="user")
    said = call(capsys, monkeypatch, "backfill", "show", "1", "--json", DATABASE_URL=database_url).out

    with asking(hasty, ADMIN) as client:
        told = client.get(f"{API}/backfills/1").json()
    by_command = json.loads(said)
    assert told.keys() - by_command.keys() == {"may", "rejected_by_reason"}
    assert all(told[name] == value for name, value in by_command.items() if not name.endswith("_at"))


def test_the_page_of_retention_shows_policy_holds_and_what_was_removed(
    hasty: FastAPI, engine: Engine, redis_url: str, database_url: str
) -> None:
    story.administer(engine)
    with asking(hasty, ADMIN, headers=HTML) as client:
        assert "No worker has published the policy yet" in client.get("/retention").text
        beat_alive(settings_for(redis_url, database_url, retention_user_days=123))
        page = client.get("/retention").text

    for shown in ("123 days", "never", "a lawsuit, file 12/26", "96,412", "12,804", "u-1088"):
        assert shown in page
