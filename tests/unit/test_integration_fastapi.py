"""The integration with FastAPI and Starlette, used through their test client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from asgiref.wsgi import WsgiToAsgi
from fastapi import BackgroundTasks, Depends, FastAPI, Header, Request, WebSocket
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from trailkeeper import Actor, CatalogueError, InvalidEvent, SettingsError, aemit, bind, emit, set_actor
from trailkeeper.integrations.fastapi import acting, install
from trailkeeper.producer.event import ANONYMOUS
from trailkeeper.producer.frames import current
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.process import swap
from trailkeeper.producer.testing import Recorder, recording

TAG = "account:password:change"
ADA = Actor(kind="user", id="7", name="ada")


class Person:
    """A user as an application's database has it."""

    id = 7
    name = "ada"


def current_user(x_user: Annotated[str | None, Header()] = None) -> Any:
    """A dependency that a thread runs."""
    return None if x_user is None else Person()


CurrentUser = Annotated[Any, Depends(acting(current_user))]


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    @app.get("/depends")
    def depends(user: CurrentUser) -> str:
        return str(emit(TAG))

    @app.get("/adepends")
    async def adepends(user: CurrentUser) -> str:
        return str(await aemit(TAG))

    @app.get("/state")
    async def state(request: Request) -> str:
        request.state.user = {"sub": "7", "name": "ada"}
        return str(await aemit(TAG))

    @app.get("/nobody")
    async def nobody() -> str:
        return str(await aemit(TAG))

    @app.get("/background")
    def background(user: CurrentUser, tasks: BackgroundTasks) -> str:
        tasks.add_task(emit, TAG)
        return ""

    @app.get("/stream")
    def stream(user: CurrentUser) -> StreamingResponse:
        return StreamingResponse(str(emit(TAG)) for _ in range(2))

    @app.get("/unusable")
    async def unusable(request: Request) -> str:
        request.state.user = object()
        return str(await aemit(TAG))

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, user: CurrentUser) -> None:
        await websocket.accept()
        await aemit(TAG)
        await websocket.close()

    install(app)
    return app


@pytest.fixture
def recorder(app: FastAPI) -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


def actors(recorder: Recorder) -> list[Actor]:
    return [event.actor for event in recorder.only(TAG)]


@pytest.mark.parametrize("path", ["/depends", "/adepends", "/state", "/background", "/stream"])
def test_the_user_of_the_request_acts(app: FastAPI, recorder: Recorder, path: str) -> None:
    assert TestClient(app).get(path, headers={"X-User": "ada"}).status_code == 200
    assert set(actors(recorder)) == {ADA}
    event = recorder.events[0]
    assert (event.user_agent, len(event.request_id or "")) == ("testclient", 32)


@pytest.mark.parametrize("path", ["/depends", "/adepends", "/nobody"])
def test_who_is_not_signed_in_is_anonymous(app: FastAPI, recorder: Recorder, path: str) -> None:
    TestClient(app).get(path)
    assert actors(recorder) == [ANONYMOUS]


def test_the_user_of_a_websocket_acts(app: FastAPI, recorder: Recorder) -> None:
    with TestClient(app).websocket_connect("/socket", headers={"X-User": "ada"}):
        pass
    assert actors(recorder) == [ADA]


class Backend(AuthenticationBackend):
    """Believes a header."""

    async def authenticate(self, conn: Any) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.headers.get("X-User")
        return name and (AuthCredentials(), SimpleUser(name))


async def act(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(await aemit(TAG)))


@pytest.mark.parametrize("path", ["/", "/below/"])
def test_starlette_s_authentication_names_the_actor(recorder: Recorder, path: str) -> None:
    app = Starlette(routes=[Route("/", act), Mount("/below", routes=[Route("/", act)])])
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    install(app)
    TestClient(app).get(path, headers={"X-User": "ada"})
    TestClient(app).get(path)
    assert actors(recorder) == [Actor(kind="user", id="ada", name="ada"), ANONYMOUS]


def test_the_user_is_seen_where_another_middleware_copies_the_scope(app: FastAPI, recorder: Recorder) -> None:
    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope}, receive, send)

    copying = FastAPI()
    copying.add_middleware(Copying)
    copying.include_router(app.router)
    install(copying)

    async def get() -> None:  # by a server that has no state of its own
        transport = httpx.ASGITransport(copying)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get("/state")

    asyncio.run(get())
    assert actors(recorder) == [ADA]


def test_a_function_may_say_who_acts(recorder: Recorder) -> None:
    app = Starlette(routes=[Route("/", act)])
    install(app, user=lambda connection: connection.query_params["as"])
    TestClient(app).get("/?as=7")
    assert actors(recorder) == [Actor(kind="user", id="7")]


def test_a_user_without_an_id_is_a_mistake_and_not_anonymous_in_silence(
    app: FastAPI, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidEvent, match="a object without an id"):
        TestClient(app).get("/unusable")
    with recording(on_invalid="quarantine"):
        assert TestClient(app).get("/unusable").status_code == 200
    assert "actor: a object without an id" in caplog.text


def test_a_dependency_without_the_middleware_is_a_mistake(recorder: Recorder) -> None:
    app = FastAPI()

    @app.get("/")
    def depends(user: CurrentUser) -> str:
        return ""

    with pytest.raises(InvalidEvent, match="the request has no context"):
        TestClient(app).get("/")


def test_requests_side_by_side_have_each_their_own_user(recorder: Recorder) -> None:
    app = Starlette(routes=[Route("/", act)])
    install(app, user=lambda connection: connection.query_params["as"])

    async def all_of_them() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await asyncio.gather(*(client.get(f"/?as={number}") for number in range(20)))

    asyncio.run(all_of_them())
    assert sorted(int(actor.id or -1) for actor in actors(recorder)) == list(range(20))


def test_the_application_s_own_lifespan_and_its_state_stay(recorder: Recorder) -> None:
    steps = []

    @asynccontextmanager
    async def own(_: Any) -> AsyncIterator[dict[str, str]]:
        steps.append("start")
        yield {"pool": "full"}
        steps.append("end")

    app = FastAPI(lifespan=own)

    def pool(request: Request) -> str:
        return str(request.state.pool)

    app.get("/pool")(pool)
    install(app)
    with TestClient(app) as client:
        assert client.get("/pool").json() == "full"
    assert steps == ["start", "end"]


def test_a_wrong_setting_is_named_by_the_call() -> None:
    with pytest.raises(SettingsError, match="no setting is called 'trusted_proxie'"):
        install(FastAPI(), trusted_proxie=["10.0.0.0/8"])


def test_a_wrong_catalogue_of_the_environment_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILKEEPER_CATALOGUE", "/nowhere.toml")
    app = FastAPI()
    install(app)
    previous = swap(None)
    try:
        with pytest.raises(CatalogueError), TestClient(app):
            pass
    finally:
        swap(previous)


def test_settings_of_the_call_are_those_of_emit_and_of_the_middleware(recorder: Recorder) -> None:
    app = Starlette(routes=[Route("/", act)])
    previous = swap(None)
    install(app, trusted_proxies=["192.0.2.1"], spool="off")
    made = swap(previous)
    assert made is not None
    made.close()
    client = TestClient(app, client=("192.0.2.1", 5000))
    client.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert recorder.events[0].ip == "203.0.113.9"


def mounted(below: Any) -> TestClient:
    """A client of an application whose user is in a header, with another application below a path of it."""
    app = Starlette(routes=[Mount("/below", below)])
    install(app, user=lambda connection: connection.headers.get("X-User"))
    return TestClient(app, headers={"X-User": "7"}, client=("192.0.2.1", 5000))


def staff(x_staff: Annotated[str | None, Header()] = None) -> Any:
    return None if x_staff is None else Actor("staff", x_staff)


def below_by_dependency() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def view(user: Annotated[Any, Depends(acting(staff))]) -> str:
        return str(emit(TAG))

    install(app)
    return app


def below_by_function() -> Starlette:
    app = Starlette(routes=[Route("/", act)])
    install(app, user=lambda connection: staff(connection.headers.get("X-Staff")))
    return app


@pytest.mark.parametrize("below", [below_by_dependency(), below_by_function()], ids=["acting", "user"])
def test_an_application_below_another_says_itself_who_acts(recorder: Recorder, below: Any) -> None:
    client = mounted(below)
    client.get("/below/", headers={"X-Staff": "s1"})
    client.get("/below/")
    assert actors(recorder) == [Actor("staff", "s1"), Actor("user", "7")]
    assert {event.ip for event in recorder.events} == {"192.0.2.1"}


def test_so_does_one_on_wsgi_to_which_an_adapter_gives_an_environ_of_its_own(recorder: Recorder) -> None:
    def below(environ: Any, start_response: Any) -> list[bytes]:
        emit(TAG)
        set_actor(Actor("staff", "s1"))
        emit(TAG)
        start_response("200 OK", [])
        return []

    mounted(WsgiToAsgi(WSGIMiddleware(below))).get("/below/")  # type: ignore[no-untyped-call]  # it has none
    assert actors(recorder) == [Actor("user", "7"), Actor("staff", "s1")]


def test_a_request_within_another_is_the_same_one(recorder: Recorder) -> None:
    requests: list[str | None] = []

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            requests.append(current().request_id)
        await below_by_function()(scope, receive, send)

    mounted(outer).get("/below/")
    assert requests == [recorder.events[0].request_id]


def robot_in_a_thread() -> Iterator[None]:
    with bind(actor=Actor("service", "r")):
        yield


async def robot() -> AsyncIterator[None]:
    with bind(actor=Actor("service", "r")):
        yield


def test_a_bind_in_a_dependency_that_a_thread_runs_is_a_mistake(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()

    @app.get("/", dependencies=[Depends(robot_in_a_thread)])
    def view() -> str:
        return str(emit(TAG))

    install(app)
    with pytest.raises(InvalidEvent, match="bind: its block went on in another context"):
        TestClient(app).get("/")
    with recording(on_invalid="quarantine"):
        assert TestClient(app).get("/").status_code == 200
    assert "test_integration_fastapi.py" in caplog.text


def test_a_bind_in_a_dependency_of_the_loop_holds_for_the_view(recorder: Recorder) -> None:
    app = FastAPI()

    @app.get("/", dependencies=[Depends(robot)])
    def view() -> str:
        return str(emit(TAG))

    install(app)
    TestClient(app).get("/")
    assert actors(recorder) == [Actor("service", "r")]
