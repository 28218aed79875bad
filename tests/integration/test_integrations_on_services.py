"""The integrations in real processes: Django's servers with Postgres, and Celery's worker with Redis."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.drains import entries, query
from tests.support.waiting import until
from trailkeeper import Actor, RequestContext
from trailkeeper.producer.event import ANONYMOUS, Event
from trailkeeper.producer.frames import pop, push
from trailkeeper.producer.wire import decode

ROOT = Path(__file__).parents[2]
TAG = "account:password:change"
BROWSER = {"User-Agent": "Firefox", "X-Forwarded-For": "203.0.113.9"}


def events(redis_url: str) -> list[Event]:
    return [decode(fields[b"e"])[0] for fields in entries(redis_url)]


@contextmanager
def running(*line: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *line], cwd=ROOT, env=os.environ | variables, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        finally:
            process.kill()


@pytest.fixture(params=["wsgi", "asgi"])
def site(request: pytest.FixtureRequest, redis_url: str, database_url: str) -> Iterator[httpx.Client]:
    variables = {"TRAILKEEPER_REDIS_URL": redis_url, "TRAILKEEPER_DATABASE_URL": database_url}
    with running("-m", "tests.support.django_site", request.param, **variables) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=BROWSER, timeout=20) as client:
            yield client


def test_a_django_site_records_who_does_what_from_where(
    site: httpx.Client, redis_url: str, database_url: str
) -> None:
    assert site.post("/sign_in", data={"name": "ada", "password": "wrong"}).status_code == 401
    assert site.post("/sign_in", data={"name": "ada", "password": "correct horse"}).status_code == 200
    for path in ("/act", "/aact", "/stream", "/astream", "/change", "/change?fail"):
        site.get(path)
    site.post("/sign_out")
    recorded = events(redis_url)
    ada = Actor(kind="user", id="1", name="ada")
    assert [(event.tag, event.actor) for event in recorded] == [
        ("account:login:failure", ANONYMOUS),
        ("account:login:success", ada),
        *[(TAG, ada)] * 8,  # two of each stream; of the two in transactions the one that was committed
        ("account:logout", ada),
        (TAG, ANONYMOUS),
    ]
    assert {(event.ip, event.user_agent) for event in recorded} == {("203.0.113.9", "Firefox")}
    assert len({event.request_id for event in recorded}) == 8
    (row,) = query(database_url, "SELECT payload FROM trailkeeper.outbox")  # the other one was rolled back
    assert decode(bytes(row["payload"]))[0].actor == ada


@contextmanager
def worker(redis_url: str, *options: str) -> Iterator[None]:
    line = ("-m", "celery", "-A", "tests.support.celery_tasks", "worker", "-l", "error", *options)
    broker = redis_url.replace("/0", "/1")
    with running(*line, TRAILKEEPER_REDIS_URL=redis_url, TRAILKEEPER_SPOOL="off", THEIR_BROKER=broker):
        yield


@pytest.fixture
def tasks(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Calls a task in somebody's request."""
    monkeypatch.setenv("THEIR_BROKER", redis_url.replace("/0", "/1"))
    from tests.support.celery_tasks import app  # noqa: PLC0415 - reads its broker when it is imported

    app.conf.broker_url = redis_url.replace("/0", "/1")

    def call(name: str, request: RequestContext | None) -> None:
        token = push(request or RequestContext())
        try:
            app.tasks[name].delay()
        finally:
            pop(token)

    yield call
    app.close()


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_tasks_of_a_worker_have_each_the_request_of_their_caller(
    redis_url: str, tasks: Callable[..., None], pool: str
) -> None:
    names = ("act", "call", "retry", "dawdle")
    requests = [
        RequestContext(
            ip=f"192.0.2.{number}", user_agent=name, request_id=f"r{number}", actor=Actor("user", str(number))
        )
        for number, name in enumerate(names * 5)
    ]
    with worker(redis_url, "-P", pool, "-c", "4"):
        for request in requests:
            tasks(request.user_agent, request)
            tasks("act", None)
        until(lambda: len(events(redis_url)) >= 2 * len(requests), what="all tasks ran")
    made = [
        RequestContext(ip=one.ip, user_agent=one.user_agent, request_id=one.request_id, actor=one.actor)
        for one in events(redis_url)
    ]
    nobody = RequestContext(actor=ANONYMOUS)
    assert sorted((context for context in made if context != nobody), key=_number) == requests
    assert made.count(nobody) == len(requests)


def _number(context: RequestContext) -> int:
    return int(re.sub(r"\D", "", context.request_id or "-1"))
