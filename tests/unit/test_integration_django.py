"""The integration with Django, used through its test clients, with and without a loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.contrib import auth
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.asgi import get_asgi_application
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections, transaction
from django.http import FileResponse, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from msgspec import UNSET
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.support import django_project
from trailkeeper import Actor, InvalidEvent, aemit, emit, set_actor
from trailkeeper.integrations.django import TrailkeeperMiddleware, emit_on_commit
from trailkeeper.integrations.fastapi import install
from trailkeeper.producer.event import ANONYMOUS, Requester
from trailkeeper.producer.middleware.asgi import ASGIMiddleware
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.testing import Recorder, recording

TAG = "account:password:change"
PASSWORD = "correct horse"
BROWSER = {"HTTP_USER_AGENT": "Firefox", "REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}
ABROWSER = {"user-agent": "Firefox", "x-forwarded-for": "203.0.113.9"}


@pytest.fixture(scope="module", autouse=True)
def project() -> Iterator[None]:
    django_project.start()
    yield
    connections.close_all()


@pytest.fixture
def ada(project: None) -> Iterator[Any]:
    user = get_user_model().objects.create_user("ada", password=PASSWORD)
    yield user
    get_user_model().objects.all().delete()


@pytest.fixture
def client(project: None) -> Any:
    return Client(**BROWSER)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def signed_in(client: Any, ada: Any, recorder: Recorder) -> Any:
    client.force_login(ada)
    recorder.clear()
    return client


def actor(user: Any) -> Actor:
    return Actor(kind="user", id=str(user.pk), name=user.username)


def actors(recorder: Recorder) -> list[Actor]:
    return [event.actor for event in recorder.only(TAG)]


def run(path: str, user: Any = None) -> tuple[int, bytes]:
    """What a server of ASGI would be answered."""

    async def get() -> tuple[int, bytes]:
        client = AsyncClient()
        if user is not None:
            await client.aforce_login(user)
        response: Any = await client.get(path, headers=ABROWSER)
        if response.streaming:
            return response.status_code, b"".join([chunk async for chunk in response.streaming_content])
        return response.status_code, response.content

    return asyncio.run(get())


@pytest.mark.parametrize("path", ["/act", "/aact"])
def test_the_signed_in_user_acts_from_their_address(
    signed_in: Any, ada: Any, recorder: Recorder, path: str
) -> None:
    assert signed_in.get(path).status_code == 200
    event = recorder.assert_emitted(TAG, ip="203.0.113.9", user_agent="Firefox")
    assert (event.actor, len(event.request_id or "")) == (actor(ada), 32)


@pytest.mark.parametrize("path", ["/act", "/aact"])
def test_the_signed_in_user_acts_in_an_event_loop_too(ada: Any, recorder: Recorder, path: str) -> None:
    assert run(path, ada)[0] == 200
    event = recorder.assert_emitted(TAG, user_agent="Firefox")
    assert event.actor == actor(ada)


@pytest.mark.parametrize("path", ["/act", "/aact"])
def test_who_is_not_signed_in_is_anonymous(client: Any, recorder: Recorder, path: str) -> None:
    client.get(path)
    run(path)
    assert actors(recorder) == [ANONYMOUS, ANONYMOUS]


def test_the_context_of_a_server_s_own_middleware_is_kept(recorder: Recorder) -> None:
    wsgi = httpx.WSGITransport(WSGIMiddleware(get_wsgi_application(), trust_request_id=True))
    with httpx.Client(transport=wsgi, base_url="http://test") as client:
        client.get("/act", headers={"X-Request-ID": "w"})
    asgi = httpx.ASGITransport(ASGIMiddleware(get_asgi_application(), trust_request_id=True))

    async def get() -> None:
        async with httpx.AsyncClient(transport=asgi, base_url="http://test") as client:
            await client.get("/act", headers={"X-Request-ID": "a"})

    asyncio.run(get())
    assert [event.request_id for event in recorder.events] == ["w", "a"]


def test_a_request_that_emits_nothing_asks_for_no_user(signed_in: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = signed_in.get("/read")
    assert (len(queries), response.headers.get("Vary")) == (0, None)


def test_a_page_for_visitors_may_still_be_cached() -> None:
    async def get() -> Any:
        return await AsyncClient().get("/aread")

    assert asyncio.run(get()).headers.get("Vary") is None


@pytest.mark.parametrize("path", ["/sign_in", "/asign_in"])
def test_a_login_is_recorded_and_its_user_acts_from_then_on(
    client: Any, ada: Any, recorder: Recorder, path: str
) -> None:
    assert client.post(path, {"name": "ada", "password": PASSWORD}).status_code == 200
    login = recorder.assert_emitted("account:login:success", user=str(ada.pk), ip="203.0.113.9")
    assert (login.user and login.user.name, login.actor) == ("ada", actor(ada))
    assert actors(recorder) == [actor(ada)]


@pytest.mark.parametrize("path", ["/sign_in", "/asign_in"])
def test_a_failed_login_belongs_to_the_account_and_its_actor_is_anonymous(
    client: Any, ada: Any, recorder: Recorder, path: str
) -> None:
    assert client.post(path, {"name": "ada", "password": "wrong"}).status_code == 401
    (event,) = recorder.events
    assert (event.tag, event.actor, event.ip) == ("account:login:failure", ANONYMOUS, "203.0.113.9")
    assert event.user is not None
    assert (event.user.id, event.user.name) == (str(ada.pk), "ada")


@pytest.mark.parametrize("name", ["correct horse", "a\0b", "x" * 100_000, "\ud800", ""])
def test_a_failed_login_to_no_account_keeps_nothing_of_what_was_typed(recorder: Recorder, name: str) -> None:
    user_login_failed.send("test", credentials={"username": name, "password": "***"}, request=None)
    (event,) = recorder.events
    assert (event.user, event.additional) == (None, {})


def test_credentials_of_any_form_end_no_login(recorder: Recorder) -> None:
    for credentials in ({}, {"username": {"a": 1}}, {"token": "x"}, {"username": None}):
        user_login_failed.send("test", credentials=credentials, request=None)
    assert [event.user for event in recorder.events] == [None] * 4


def test_a_logout_is_the_user_s_and_what_follows_is_not(signed_in: Any, ada: Any, recorder: Recorder) -> None:
    signed_in.post("/sign_out")
    event = recorder.assert_emitted("account:logout", user=str(ada.pk))
    assert (event.actor, actors(recorder)) == (actor(ada), [ANONYMOUS])


def test_a_logout_of_nobody_is_none(client: Any, recorder: Recorder) -> None:
    client.post("/sign_out")
    assert [event.tag for event in recorder.events] == [TAG]


@pytest.mark.parametrize("path", ["/stream", "/astream"])
def test_a_body_that_is_made_while_it_is_sent_belongs_to_the_request(
    ada: Any, signed_in: Any, recorder: Recorder, path: str
) -> None:
    if path == "/stream":
        assert b"".join(signed_in.get(path).streaming_content) == b"onetwo"
    else:
        assert run(path, ada) == (200, b"onetwo")
    assert actors(recorder) == [actor(ada)] * 2


def test_the_end_of_a_body_that_nobody_reads_belongs_to_the_request(
    ada: Any, signed_in: Any, recorder: Recorder
) -> None:
    response = signed_in.get("/stream")
    assert next(iter(response.streaming_content)) == b"one"
    response.close()
    assert actors(recorder) == [actor(ada)] * 2


def test_a_file_is_left_to_the_server() -> None:
    def sent_file(_: Any) -> Any:
        return FileResponse(Path(__file__).open("rb"))

    with closing(TrailkeeperMiddleware(sent_file)(RequestFactory().get("/"))) as response:
        assert response.file_to_stream is not None


def test_a_user_that_cannot_be_read_is_a_mistake_and_not_anonymous_in_silence(
    signed_in: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(request: Any) -> Any:
        raise OSError("no database")

    monkeypatch.setattr(auth, "get_user", unreadable)
    with recording(), pytest.raises(InvalidEvent, match=r"actor: reading it raised OSError\('no database'\)"):
        signed_in.get("/act")
    with recording(on_invalid="quarantine") as recorder:
        assert signed_in.get("/act").status_code == 200
    assert actors(recorder) == [ANONYMOUS]
    assert "actor: reading it raised" in caplog.text


def test_a_request_that_a_view_makes_itself_is_of_whoever_it_signs_in(
    signed_in: Any, recorder: Recorder
) -> None:
    eve = get_user_model().objects.create_user("eve")
    other = Client()
    other.force_login(eve)
    recorder.clear()
    signed_in.post("/call", {"session": other.cookies["sessionid"].value})
    event = recorder.assert_emitted(TAG, ip="127.0.0.2")
    assert event.actor == actor(eve)


def test_a_request_that_begins_in_the_context_of_one_that_is_over_is_another_person_s(
    recorder: Recorder,
) -> None:
    contexts: list[Context] = []

    def view(request: Any) -> Any:
        contexts.append(copy_context())
        emit(TAG)
        set_actor(Actor("staff", "s1"))
        return HttpResponse()

    middleware = TrailkeeperMiddleware(view)
    middleware(RequestFactory().get("/"))
    contexts[0].run(middleware, RequestFactory().get("/"))
    assert actors(recorder) == [ANONYMOUS, ANONYMOUS]


def test_a_project_below_another_application_says_itself_who_acts(ada: Any, recorder: Recorder) -> None:
    outer = Starlette(routes=[Mount("/below", get_asgi_application())])
    install(outer, user=lambda connection: connection.headers["X-User"])
    client = Client()
    client.force_login(ada)
    recorder.clear()
    cookies = {"sessionid": client.cookies["sessionid"].value}
    for sent in (cookies, {}):
        TestClient(outer, headers={"X-User": "c9"}, cookies=sent).get("/below/act")
    assert actors(recorder) == [actor(ada), Actor("user", "c9")]


def test_an_async_middleware_may_emit_once_it_has_read_the_user(signed_in: Any, recorder: Recorder) -> None:
    async def middleware(request: Any) -> Any:
        request.user = await request.auser()
        await aemit(TAG)
        set_actor(Actor("staff", "s1"))
        await aemit(TAG)
        return HttpResponse()

    factory = AsyncRequestFactory()
    factory.cookies = signed_in.cookies
    authentication = import_string("django.contrib.auth.middleware.AuthenticationMiddleware")
    asyncio.run(TrailkeeperMiddleware(SessionMiddleware(authentication(middleware)))(factory.get("/")))
    (first, second) = recorder.events
    assert (first.actor.name, first.ip, first.requested_by) == ("ada", "127.0.0.1", UNSET)
    assert (second.actor.id, second.ip) == ("s1", None)
    assert second.requested_by == Requester("user", first.actor.id, "ada")


def test_what_is_carried_before_a_logout_is_the_user_s(signed_in: Any, ada: Any, recorder: Recorder) -> None:
    signed_in.post("/carry_and_sign_out")
    assert actors(recorder) == [actor(ada)]


def test_a_login_is_of_the_form_s_sender_whoever_the_application_says_acts(
    ada: Any, recorder: Recorder
) -> None:
    request = RequestFactory().get("/", **BROWSER)

    def view(request: Any) -> Any:
        set_actor(Actor("staff", "s1"))
        user_logged_in.send("test", request=request, user=ada)
        user_login_failed.send("test", request=request, credentials={"username": "ada"})
        user_logged_out.send("test", request=request, user=ada)
        return HttpResponse()

    TrailkeeperMiddleware(view)(request)
    assert [event.ip for event in recorder.events] == ["203.0.113.9"] * 3


class ATransaction(TestCase):  # type: ignore[misc]  # it has no types
    """A test case of an application, whose rows no other connection sees."""

    async def test_the_user_of_a_transaction_acts_in_an_async_view(self) -> None:
        user = await get_user_model().objects.acreate(username="eve")
        await self.async_client.aforce_login(user)
        with recording() as recorder:
            await self.async_client.get("/aact")
        assert actors(recorder) == [actor(user)]

    def test_what_waits_for_the_commit_is_captured(self) -> None:
        with recording() as recorder:
            with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
                emit_on_commit(TAG)
            assert len(recorder.events) == 1


def test_the_middleware_without_the_app_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "is_installed", lambda name: False)
    with pytest.raises(
        ImproperlyConfigured, match=r'INSTALLED_APPS needs "trailkeeper\.integrations\.django"'
    ):
        Client().get("/read")


def test_concurrent_requests_of_a_loop_have_each_their_own_user(recorder: Recorder, ada: Any) -> None:
    users = [ada, *(get_user_model().objects.create_user(f"user {number}") for number in range(4))]

    async def all_of_them() -> None:
        clients = [AsyncClient() for _ in users]
        for client, user in zip(clients, users, strict=True):
            await client.aforce_login(user)
        await asyncio.gather(*(client.get("/aact") for client in clients for _ in range(3)))

    asyncio.run(all_of_them())
    assert sorted(actor.id or "" for actor in actors(recorder)) == sorted(
        str(user.pk) for user in users for _ in range(3)
    )


def test_the_page_of_a_user_in_the_admin_leads_to_the_history(client: Any, recorder: Recorder) -> None:
    admin = get_user_model().objects.create_superuser("root", password=PASSWORD)
    client.force_login(admin)
    page = client.get(f"/admin/auth/user/{admin.pk}/change/").content.decode()
    assert f'href="https://audit.example.org/users/{admin.pk}"' in page
    assert client.get("/admin/auth/user/add/").status_code == 200
    get_user_model().objects.all().delete()


def config() -> Any:
    return apps.get_app_config("trailkeeper")


def checked(**options: Any) -> dict[str, str]:
    return {message.id: message.msg for message in run_checks(tags=["trailkeeper"], **options)}


def test_the_checks_have_nothing_to_say_of_a_right_project() -> None:
    assert checked() == {}


def test_the_checks_name_missing_middleware() -> None:
    with override_settings(MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"]):
        assert "MIDDLEWARE lacks Trailkeeper's" in checked()["trailkeeper.W001"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"TRUSTED_PROXIE": []}, "no setting is called 'trusted_proxie'"),
        ({"REDIS_URL": "http://x"}, "expected a URL such as redis://"),
        ({"CATALOGUE": ["/nowhere.toml"]}, "/nowhere.toml"),
        ({"USER": "nowhere.user"}, "nowhere"),
        ([], r"TRAILKEEPER is []; expected a dict"),
    ],
)
def test_a_wrong_setting_is_named_by_the_checks_and_ends_the_start(
    wrong: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config(), "problem", None)
    monkeypatch.setattr(config(), "own", config().own)
    with override_settings(TRAILKEEPER=wrong), recording():
        config().ready()
        assert said in checked()["trailkeeper.E001"]
        with pytest.raises((ValueError, ImportError), match=re.escape(said)):
            Client().get("/read")


def test_what_cannot_be_reached_is_a_matter_of_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    away = replace(config().settings, redis_url="redis://127.0.0.1:1/0", spool="/dev/null/spool.sqlite")
    monkeypatch.setattr(config(), "settings", away)
    assert checked() == {}
    found = checked(include_deployment_checks=True)
    assert set(found) == {"trailkeeper.W002", "trailkeeper.W003"}


def test_whoever_deletes_their_account_and_logs_out_ends_no_request(ada: Any) -> None:
    ada.delete()
    with recording(on_invalid="quarantine") as recorder:
        user_logged_out.send(type(ada), request=None, user=ada)
    assert len(recorder.invalid) == 1
