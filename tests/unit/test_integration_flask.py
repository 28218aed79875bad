"""The integration with Flask and Flask-Login, used through Flask's test client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import flask_login
import pytest
from flask import Flask, Response, current_app, g, request, request_tearing_down
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from trailkeeper import Actor, InvalidEvent, SettingsError, carry, emit, set_actor
from trailkeeper.integrations.flask import Trailkeeper, _RequestMiddleware
from trailkeeper.producer.event import ANONYMOUS
from trailkeeper.producer.process import swap
from trailkeeper.producer.requests.origin import KEY
from trailkeeper.producer.testing import Recorder, recording

TAG = "account:password:change"
ADA = Actor(kind="user", id="7", name="ada")
EVE = Actor(kind="user", id="8", name="eve")
NAMES = {7: "ada", 8: "eve"}
BROWSER = {"User-Agent": "Firefox", "X-Forwarded-For": "203.0.113.9"}


class Person(flask_login.UserMixin):  # type: ignore[misc]  # it has no types
    """A user as an application's database has it."""

    def __init__(self, number: int = 7) -> None:
        self.id = number
        self.username = NAMES[number]


class Loader:
    """Looks users up; counts how often, and may fail or emit."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False
        self.emits = False

    def load(self, number: str) -> Person | None:
        self.count += 1
        if self.fails:
            raise OSError("no database")
        if self.emits:
            emit(TAG)
        return Person(int(number)) if int(number) in NAMES else None


def login() -> str:
    flask_login.login_user(Person())
    emit(TAG)
    return ""


def logout() -> str:
    flask_login.logout_user()
    emit(TAG)
    return ""


def act() -> str:
    return str(emit(TAG))


def read() -> str:
    return ""


def robot() -> str:
    set_actor(Actor(kind="service", id=request.args["id"]))
    return str(emit(TAG))


def stream() -> Response:
    return Response(str(emit(TAG)) for _ in range(2))


def in_a_thread() -> None:
    thread = threading.Thread(target=carry(act))
    thread.start()
    thread.join()


def closing() -> Response:
    response = Response("")
    response.call_on_close(act)
    return response


def later() -> Response:
    in_a_thread()
    return closing()


def upload() -> str:
    file = request.files["file"]
    in_a_thread()
    return str(file.read(), "utf-8")


def login_later() -> Response:
    flask_login.login_user(Person())
    return closing()


def logout_later() -> Response:
    flask_login.logout_user()
    return closing()


def switch() -> str:
    flask_login.logout_user()
    flask_login.login_user(Person(8))
    in_a_thread()
    return ""


def logout_in_a_thread() -> str:
    job = carry(act)
    flask_login.logout_user()
    in_a_thread()
    return job()


def another_request() -> str:
    with current_app.test_request_context():
        emit(TAG)
    return str(flask_login.current_user.get_id())


def login_elsewhere() -> str:
    with current_app.test_request_context():
        flask_login.login_user(Person(8))
    return act()


JOBS: list[Callable[[], str]] = []


def defer() -> str:
    JOBS.append(carry(act))
    return ""


def run_jobs() -> str:
    while JOBS:
        JOBS.pop(0)()
    return act()


VIEWS = (
    login,
    logout,
    act,
    read,
    robot,
    stream,
    later,
    upload,
    login_later,
    logout_later,
    switch,
    logout_in_a_thread,
    another_request,
    login_elsewhere,
    defer,
    run_jobs,
)


def an_app(loader: Loader | None = None) -> Flask:
    app = Flask(__name__)
    app.secret_key = "of a test"
    flask_login.LoginManager(app).user_loader((loader or Loader()).load)
    for view in VIEWS:
        app.add_url_rule(f"/{view.__name__}", view_func=view, methods=["GET", "POST"])
    return app


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def app(loader: Loader) -> Flask:
    app = an_app(loader)
    app.config["TRAILKEEPER_TRUSTED_PROXIES"] = ["127.0.0.0/8"]
    Trailkeeper(app)
    return app


@pytest.fixture
def recorder(app: Flask) -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder
    if emitter := swap(None):
        emitter.close()


@pytest.fixture
def signed_in(app: Flask, recorder: Recorder) -> Any:
    client = app.test_client()
    client.post("/login")
    recorder.clear()
    return client


def actors(recorder: Recorder) -> list[Actor]:
    return [event.actor for event in recorder.only(TAG)]


def test_the_signed_in_user_acts_from_their_address(signed_in: Any, recorder: Recorder) -> None:
    signed_in.get("/act", headers=BROWSER)
    event = recorder.assert_emitted(TAG, ip="203.0.113.9", user_agent="Firefox")
    assert (event.actor, len(event.request_id or "")) == (ADA, 32)


def test_who_is_not_signed_in_is_anonymous(app: Flask, recorder: Recorder) -> None:
    app.test_client().get("/act")
    assert actors(recorder) == [ANONYMOUS]


def test_a_login_is_recorded_and_its_user_acts_from_then_on(app: Flask, recorder: Recorder) -> None:
    app.test_client().post("/login")
    event = recorder.assert_emitted("account:login:success", user="7", actor="7")
    assert (event.actor, actors(recorder)) == (ADA, [ADA])


def test_a_logout_is_the_user_s_and_what_follows_is_not(signed_in: Any, recorder: Recorder) -> None:
    signed_in.post("/logout")
    event = recorder.assert_emitted("account:logout", user="7")
    assert (event.actor, actors(recorder)) == (ADA, [ANONYMOUS])


def test_a_logout_of_nobody_is_none(app: Flask, recorder: Recorder) -> None:
    app.test_client().post("/logout")
    assert [event.tag for event in recorder.events] == [TAG]


def test_a_request_that_emits_nothing_looks_no_user_up(signed_in: Any, loader: Loader) -> None:
    signed_in.get("/read")
    assert loader.count == 0


@pytest.mark.parametrize("path", ["/stream", "/later"])
def test_what_runs_after_flask_left_the_request_has_its_user(
    signed_in: Any, recorder: Recorder, path: str
) -> None:
    response = signed_in.get(path)
    response.get_data()
    response.close()
    assert actors(recorder) == [ADA, ADA]


def test_a_body_that_is_made_while_it_is_sent_keeps_what_the_application_has_open(
    app: Flask, signed_in: Any, recorder: Recorder
) -> None:
    ended: list[str] = []

    def end(_: Flask, **__: Any) -> None:
        ended.append("request")

    request_tearing_down.connect(end, app)
    response = signed_in.get("/stream")
    response.get_data()
    response.close()
    assert (actors(recorder), ended) == ([ADA, ADA], ["request"])


def test_a_thread_that_looks_the_user_up_leaves_the_request_alone(signed_in: Any, recorder: Recorder) -> None:
    assert signed_in.post("/upload", data={"file": (BytesIO(b"text"), "a.txt")}).text == "text"
    assert actors(recorder) == [ADA]


def test_a_user_that_is_looked_up_elsewhere_takes_nothing_of_the_body(recorder: Recorder) -> None:
    app = Flask(__name__)
    Trailkeeper(app, user=lambda: request.form.get("name"))

    def view() -> str:
        in_a_thread()
        return upload()

    app.add_url_rule("/", view_func=view, methods=["POST"])
    answer = app.test_client().post("/", data={"name": "7", "file": (BytesIO(b"text"), "a.txt")})
    assert answer.text == "text"


def test_a_login_or_logout_counts_for_what_runs_after_the_request(app: Flask, recorder: Recorder) -> None:
    client = app.test_client()
    client.post("/login_later").close()
    assert actors(recorder)[-1] == ADA
    client.post("/logout_later").close()
    assert actors(recorder)[-1] == ANONYMOUS


def test_an_actor_that_the_application_set_counts_more(signed_in: Any, recorder: Recorder) -> None:
    signed_in.get("/robot?id=r1")
    assert actors(recorder) == [Actor(kind="service", id="r1")]


def test_who_loads_the_user_may_emit_too(signed_in: Any, recorder: Recorder, loader: Loader) -> None:
    loader.emits = True
    signed_in.get("/act")
    assert actors(recorder) == [ANONYMOUS, ADA]


def test_a_user_that_cannot_be_loaded_is_a_mistake_and_not_anonymous_in_silence(
    signed_in: Any, app: Flask, loader: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    loader.fails = app.testing = True
    with pytest.raises(InvalidEvent, match=r"actor: reading it raised OSError\('no database'\)"):
        signed_in.get("/act")
    with recording(on_invalid="quarantine") as recorder:
        assert signed_in.get("/act").status_code == 200
    assert actors(recorder) == [ANONYMOUS]
    assert "actor: reading it raised" in caplog.text


def test_without_flask_login_the_application_says_who_acts(recorder: Recorder) -> None:
    app = Flask(__name__)
    trail = Trailkeeper(user=lambda: request.headers.get("X-User"))
    trail.init_app(app)
    app.add_url_rule("/", view_func=lambda: str(emit(TAG)))
    app.test_client().get("/", headers={"X-User": "7"})
    app.test_client().get("/")
    assert actors(recorder) == [Actor(kind="user", id="7"), ANONYMOUS]


@pytest.mark.parametrize("later", ["closing", "body"])
def test_what_runs_after_the_request_has_the_user_whom_the_application_kept_in_it(
    recorder: Recorder, later: str
) -> None:
    app = Flask(__name__)
    Trailkeeper(app, user=lambda: g.get("user"))

    @app.before_request
    def load() -> None:
        g.user = (7, "ada")

    def view() -> Response:
        if later == "body":
            return Response(str(emit(TAG)) for _ in range(1))
        response = Response("")
        response.call_on_close(act)
        return response

    app.add_url_rule("/", view_func=view)
    app.test_client().get("/", buffered=True).close()
    assert actors(recorder) == [ADA]


def test_logins_that_the_application_records_itself_are_not_recorded_twice(recorder: Recorder) -> None:
    app = an_app()
    Trailkeeper(app, records_logins=False)
    app.test_client().post("/login")
    assert [event.tag for event in recorder.events] == [TAG]


def test_another_application_s_logins_are_its_own(app: Flask, recorder: Recorder) -> None:
    an_app().test_client().post("/login")
    assert [event.tag for event in recorder.events] == [TAG]


def test_an_extension_has_the_session_of_its_application(recorder: Recorder) -> None:
    app = Flask(__name__)
    session = scoped_session(sessionmaker(create_engine("sqlite://")))
    trail = Trailkeeper(app, session=session)
    with session.begin():
        assert trail.emit_on_commit(TAG, user="7").outcome == "on_commit"
        assert recorder.events == []
        assert trail.emit_in_transaction(TAG, user="7").outcome == "outbox"
    assert len(recorder.events) == 2
    session.remove()


def test_a_wrong_setting_is_named_at_the_start(recorder: Recorder) -> None:
    app = Flask(__name__)
    app.config["TRAILKEEPER_TRUSTED_PROXIE"] = "10.0.0.0/8"
    with pytest.raises(SettingsError, match="no setting is called 'trusted_proxie'"):
        Trailkeeper(app)


def test_an_extension_is_added_once(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="call init_app once"):
        Trailkeeper(app)


def client_of(app: Flask, number: int, address: str) -> Any:
    """A client who is signed in, by a cookie as the browser has it."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    with client.session_transaction() as session:
        session["_user_id"] = str(number)
    return client


def acted(recorder: Recorder) -> list[tuple[Actor, str | None]]:
    return [(event.actor, event.ip) for event in recorder.only(TAG)]


def test_jobs_in_one_application_context_are_each_their_own_request_s(app: Flask, recorder: Recorder) -> None:
    for number, address in ((7, "10.0.0.1"), (8, "10.0.0.2")):
        client_of(app, number, address).post("/defer")
    anonymous = app.test_client()
    anonymous.post("/defer")
    with app.app_context():
        while JOBS:
            JOBS.pop(0)()
    assert acted(recorder) == [(ADA, "10.0.0.1"), (EVE, "10.0.0.2"), (ANONYMOUS, "127.0.0.1")]


def test_a_request_that_nobody_looked_the_user_up_in_does_so_in_a_context_of_its_own(
    app: Flask, recorder: Recorder
) -> None:
    frames: list[Any] = []

    def view() -> str:
        frames.append(request.environ[KEY])
        return ""

    app.add_url_rule("/", view_func=view)
    for number in (7, 8):
        client_of(app, number, "10.0.0.1").get("/")
    with app.app_context():
        assert [frame.actor for frame in frames] == [ADA, EVE]


def test_a_job_of_one_person_that_runs_in_the_request_of_another_is_the_first_one_s(
    app: Flask, recorder: Recorder
) -> None:
    client_of(app, 7, "10.0.0.1").post("/defer")
    client_of(app, 8, "10.0.0.2").post("/run_jobs")
    assert acted(recorder) == [(ADA, "10.0.0.1"), (EVE, "10.0.0.2")]


def test_another_request_within_one_names_no_actor_of_it_and_leaves_it_signed_in(
    app: Flask, recorder: Recorder
) -> None:
    assert client_of(app, 7, "10.0.0.1").post("/another_request").text == "7"
    assert acted(recorder) == [(ADA, "10.0.0.1")]


def test_a_request_that_is_handed_over_is_not_of_whoever_runs_another(app: Flask, recorder: Recorder) -> None:
    def view() -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": "10.0.0.2"}):
            emit(TAG, request=request)
        return str(emit(TAG, request=request))

    app.add_url_rule("/", view_func=view)
    client_of(app, 7, "10.0.0.1").get("/")
    assert acted(recorder) == [(ANONYMOUS, "10.0.0.2"), (ADA, "10.0.0.1")]


def test_who_signs_in_to_another_request_has_neither_this_one_s_address_nor_its_events(
    app: Flask, recorder: Recorder
) -> None:
    client_of(app, 7, "10.0.0.1").post("/login_elsewhere")
    login = recorder.assert_emitted("account:login:success", user="8")
    assert (login.actor, login.ip) == (EVE, None)


@pytest.mark.parametrize("records_logins", [True, False])
def test_a_thread_has_the_user_of_a_login_or_logout_within_the_request(
    recorder: Recorder, records_logins: bool
) -> None:
    app = an_app()
    Trailkeeper(app, records_logins=records_logins)
    client = client_of(app, 7, "10.0.0.1")
    client.post("/switch")
    assert actors(recorder) == [EVE]
    recorder.clear()
    client.post("/logout_in_a_thread")
    assert actors(recorder) == [ANONYMOUS, EVE]  # the second was carried before the logout


@pytest.mark.parametrize("user", [None, lambda: flask_login.current_user])
def test_a_logout_counts_for_whoever_asks_from_elsewhere_at_once(recorder: Recorder, user: Any) -> None:
    app = an_app()
    Trailkeeper(app, user=user, records_logins=False)

    def view() -> str:
        act()
        flask_login.logout_user()
        return another_request()

    app.add_url_rule("/", view_func=view)
    client_of(app, 7, "10.0.0.1").get("/")
    assert actors(recorder) == [ADA, ANONYMOUS]


def test_a_login_is_of_the_form_s_sender_whoever_the_application_says_acts(
    app: Flask, recorder: Recorder
) -> None:
    def view() -> str:
        set_actor(Actor("staff", "s1"))
        return login()

    app.add_url_rule("/", view_func=view)
    client = app.test_client()
    client.get("/", headers=BROWSER)
    assert recorder.assert_emitted("account:login:success", user="7").ip == "203.0.113.9"


def test_an_application_below_another_says_itself_who_acts(app: Flask, recorder: Recorder) -> None:
    below = Flask("below")
    Trailkeeper(
        below, user=lambda: request.headers.get("X-Staff") and Actor("staff", request.headers["X-Staff"])
    )
    below.add_url_rule("/act", view_func=act)
    app.wsgi_app = _RequestMiddleware(  # type: ignore[method-assign]  # as Flask documents
        DispatcherMiddleware(app.wsgi_app, {"/below": below}), (), lambda _: lambda: 7
    )
    client = app.test_client()
    client.get("/below/act", headers={"X-Staff": "s1"})
    client.get("/below/act")
    assert actors(recorder) == [Actor("staff", "s1"), Actor("user", "7")]
    first, second = recorder.events
    assert first.ip == second.ip == "127.0.0.1"


def test_a_request_that_an_application_makes_itself_is_of_whoever_it_signs_in(
    app: Flask, recorder: Recorder
) -> None:
    def view() -> str:
        return str(client_of(app, 8, "127.0.0.2").get("/act").text)

    app.add_url_rule("/", view_func=view)
    client_of(app, 7, "10.0.0.1").get("/")
    assert acted(recorder) == [(EVE, "127.0.0.2")]
