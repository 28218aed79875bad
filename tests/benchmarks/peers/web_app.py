"""A web application whose one request reads a row and records a login, in one of several ways or in none.

`uvicorn tests.benchmarks.peers.web_app:app`; the variable ``RECORDS`` names the way. Each is set up as its
documentation has it: our middleware and `emit`, a row by SQLAlchemy, a Celery task.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from celery import Celery
from sqlalchemy import Engine, create_engine, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.benchmarks.peers import QUEUE, TASK
from trailkeeper import emit
from trailkeeper.producer.middleware.asgi import ASGIMiddleware
from trailkeeper.producer.settings import variable

TAG = "account:login:success"
CONNECTIONS = 10
READ = text("SELECT id, name FROM people WHERE id = :id")
ROW = text("INSERT INTO plain_events (tag, user_id, ip, agent) VALUES (:tag, :user, :ip, :agent)")
SETUP = (
    "CREATE TABLE people (id text PRIMARY KEY, name text)",
    "INSERT INTO people SELECT 'u' || n, 'Name ' || n FROM generate_series(0, 999) n",
    "CREATE TABLE plain_events (id bigserial PRIMARY KEY, at timestamptz DEFAULT now())",
    "ALTER TABLE plain_events ADD tag text, ADD user_id text, ADD ip text, ADD agent text",
    "CREATE INDEX ON plain_events (user_id, id)",
)

Record = Callable[[Request, str], None]


def _engine() -> Engine:
    return create_engine(os.environ[variable("database_url")], pool_size=CONNECTIONS)


def _facts(request: Request, user: str) -> dict[str, Any]:
    peer = request.client.host if request.client else None
    return {"tag": TAG, "user": user, "ip": peer, "agent": request.headers.get("user-agent")}


def _nothing() -> Record:
    return lambda request, user: None


def _ours() -> Record:
    def record(request: Request, user: str) -> None:
        emit(TAG, user=user, additional={"two_factor_method": "totp"})

    return record


def _insert() -> Record:
    def record(request: Request, user: str) -> None:
        with engine.begin() as connection:
            connection.execute(ROW, _facts(request, user))

    engine = _engine()
    return record


def _task() -> Record:
    def record(request: Request, user: str) -> None:
        sender.send_task(TASK, args=[_facts(request, user)])

    sender = Celery("sender", broker=os.environ[variable("redis_url")], task_default_queue=QUEUE)
    return record


WAYS: Mapping[str, Callable[[], Record]] = {
    "nothing": _nothing,
    "ours": _ours,
    "insert": _insert,
    "task": _task,
}


def make_app(way: str) -> Any:
    """The application."""
    engine, record = _engine(), WAYS[way]()

    def login(request: Request) -> Response:
        user = request.path_params["user"]
        with engine.connect() as connection:
            [row] = connection.execute(READ, {"id": user})
        record(request, user)
        return JSONResponse({"id": row.id, "name": row.name})

    app = Starlette(routes=[Route("/login/{user}", login)])
    return ASGIMiddleware(app) if way == "ours" else app


if way := os.environ.get("RECORDS"):
    app = make_app(way)
