"""The integration with Celery: a worker in a thread, with a broker in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, chain, chord, current_app, group
from celery.app.trace import trace_task
from celery.contrib.testing.worker import start_worker
from celery.local import Proxy
from celery.signals import before_task_publish, setup_logging

from tests.support.waiting import until
from trailkeeper import Actor, RequestContext, bind, emit, set_actor
from trailkeeper.integrations.celery import HEADER, install
from trailkeeper.producer import request_header
from trailkeeper.producer.event import ANONYMOUS
from trailkeeper.producer.frames import current, pop, push
from trailkeeper.producer.request_header import MAX_LENGTH
from trailkeeper.producer.testing import Recorder, recording

TAG = "account:password:change"
ADA = Actor(kind="user", id="7", name="ada")
ROBOT = Actor(kind="service", id="r")
REQUEST = RequestContext(ip="203.0.113.9", user_agent="Firefox", request_id="r1", actor=ADA)


def act(*_: Any) -> None:
    emit(TAG)


def call() -> None:
    current_app.tasks["act"].delay()


def be_robot() -> None:
    set_actor(ROBOT)
    call()


def retry(self: Any) -> None:
    emit(TAG)
    if self.request.retries == 0:
        raise self.retry(countdown=0)


def fail() -> None:
    raise LookupError("as asked")


@pytest.fixture(scope="module")
def app() -> Iterator[Celery]:
    app = Celery("theirs", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.broker_transport_options = {"polling_interval": 0.01}

    # unless told otherwise, Celery registers a task in every application of the process
    for task in (act, call, be_robot, fail):
        app.task(name=task.__name__, shared=False)(task)
    app.task(name="retry", shared=False, bind=True, max_retries=1)(retry)
    for _ in range(2):  # which is harmless
        install(Proxy(lambda: app))  # as `current_app` is one
    setup_logging.connect(leave_logging_alone)
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield app
    setup_logging.disconnect(leave_logging_alone)


def leave_logging_alone(**_: Any) -> None:
    pass


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def in_request() -> Iterator[None]:
    token = push(REQUEST)
    yield
    pop(token)


def settled(recorder: Recorder, count: int = 1) -> list[RequestContext]:
    """What so many events say of their request."""
    until(lambda: len(recorder.events) >= count, seconds=20, what=f"{count} events were emitted")
    return [
        RequestContext(
            ip=event.ip,
            user_agent=event.user_agent,
            request_id=event.request_id,
            actor=None if event.actor == ANONYMOUS else event.actor,
        )
        for event in recorder.events
    ]


@pytest.mark.parametrize("how", ["delay", "send_task", "countdown", "called by a task"])
def test_a_task_has_the_request_of_its_caller(
    app: Celery, recorder: Recorder, in_request: None, how: str
) -> None:
    match how:
        case "delay":
            app.tasks["act"].delay()
        case "send_task":
            app.send_task("act")
        case "countdown":
            app.tasks["act"].apply_async(countdown=0.1)
        case _:
            app.tasks["call"].delay()
    assert settled(recorder) == [REQUEST]


def test_so_have_chains_groups_chords_and_callbacks(
    app: Celery, recorder: Recorder, in_request: None
) -> None:
    act = app.tasks["act"]
    chain(act.si(), act.si(), act.si()).delay()
    assert settled(recorder, 3) == [REQUEST] * 3
    group(act.si(), act.si()).delay()
    assert settled(recorder, 5) == [REQUEST] * 5
    act.apply_async(link=act.si())
    assert settled(recorder, 7) == [REQUEST] * 7
    app.tasks["fail"].apply_async(link_error=act.si())
    assert settled(recorder, 8) == [REQUEST] * 8


def test_so_has_the_body_of_a_chord(app: Celery, recorder: Recorder, in_request: None) -> None:
    act = app.tasks["act"]
    chord([act.si(), act.si()], act.si()).delay()
    assert settled(recorder, 3) == [REQUEST] * 3


def test_a_retry_has_the_request_of_the_first_try(app: Celery, recorder: Recorder, in_request: None) -> None:
    app.tasks["retry"].delay()
    assert settled(recorder, 2) == [REQUEST] * 2


def test_a_task_called_outside_of_a_request_has_none(app: Celery, recorder: Recorder) -> None:
    app.tasks["act"].delay()
    assert settled(recorder) == [RequestContext()]


def test_an_actor_that_a_task_sets_is_its_own_and_of_the_tasks_it_calls(
    app: Celery, recorder: Recorder
) -> None:
    app.tasks["be_robot"].delay()
    assert settled(recorder)[0].actor == ROBOT
    app.tasks["act"].delay()
    assert settled(recorder, 2)[1].actor is None


def test_an_actor_that_a_task_sets_has_no_address_of_its_caller(
    app: Celery, recorder: Recorder, in_request: None
) -> None:
    app.tasks["be_robot"].delay()
    assert settled(recorder) == [RequestContext(request_id="r1", actor=ROBOT)]


def test_after_a_task_nothing_of_its_request_is_left(
    app: Celery, recorder: Recorder, in_request: None
) -> None:
    header = request_header.dump()
    with bind(ip="192.0.2.1"):
        trace_task(app.tasks["act"], "id", (), {}, request={HEADER: header, "delivery_info": {}})
        assert current().ip == "192.0.2.1"
    assert settled(recorder) == [REQUEST]


def test_a_task_called_eagerly_runs_in_the_request_itself(
    app: Celery, recorder: Recorder, in_request: None
) -> None:
    app.conf.task_always_eager = True
    try:
        app.tasks["call"].delay()
        app.tasks["retry"].delay()
        app.tasks["be_robot"].apply_async(headers={HEADER: "{}"})
    finally:
        app.conf.task_always_eager = False
    assert [context.actor for context in settled(recorder, 4)] == [ADA, ADA, ADA, ROBOT]
    assert current().ip == "203.0.113.9"


@pytest.mark.parametrize(
    "header",
    [
        "{",
        "x" * (MAX_LENGTH + 1),
        7,
        {"actor": "ada"},
        '{"actor": {"kind": "root"}}',
        '{"ip": ["a"]}',
        "\x1b[2J",
    ],
)
def test_a_header_that_is_not_ours_is_ignored_with_a_line_of_the_log(
    app: Celery, recorder: Recorder, header: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def forge(headers: Any, **_: Any) -> None:
        headers[HEADER] = header

    before_task_publish.connect(forge)
    try:
        app.tasks["act"].delay()
        assert settled(recorder) == [RequestContext()]
    finally:
        before_task_publish.disconnect(forge)
    (line,) = [record.getMessage() for record in caplog.records if "request_header_ignored" in record.msg]
    assert len(line) < 300
    assert line.isprintable()


def test_what_a_caller_puts_into_the_header_is_replaced(app: Celery, recorder: Recorder) -> None:
    forged = '{"actor": {"kind": "staff", "id": "1"}}'
    app.tasks["act"].apply_async(headers={HEADER: forged, "their": "own"})
    assert settled(recorder) == [RequestContext()]


def test_another_application_s_tasks_are_left_alone(app: Celery, recorder: Recorder) -> None:
    other = Celery("other", broker="memory://", set_as_current=False)

    task = other.task(name="other", shared=False)(act)
    token = push(REQUEST)
    task.apply()
    pop(token)
    assert settled(recorder) == [REQUEST]
