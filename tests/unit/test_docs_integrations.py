"""The page on integrations: each block of code runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from celery import Celery
from django.utils.module_loading import import_string
from fastapi import Depends, FastAPI
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
from starlette.testclient import TestClient

from tests.support import django_project
from trailkeeper import emit
from trailkeeper.integrations.django.apps import OWN, TrailkeeperConfig
from trailkeeper.producer.process import swap
from trailkeeper.producer.testing import recording
from trailkeeper.views.app import create_app
from trailkeeper.views.prefix import PrefixMiddleware
from trailkeeper.views.settings import ViewsSettings

PAGE = (Path(__file__).parents[2] / "docs/integrations.md").read_text(encoding="utf-8")
SECTIONS = {
    heading: re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for heading, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


def run(block: str, **names: Any) -> dict[str, Any]:
    exec(compile(block, "docs/integrations.md", "exec"), names)
    return names


def test_the_lines_for_django_name_what_there_is() -> None:
    settings, change, admin = SECTIONS["Django"]
    names = run(settings, INSTALLED_APPS=["django.contrib.auth"], MIDDLEWARE=["theirs"])
    assert names["INSTALLED_APPS"][-1] == TrailkeeperConfig.name
    assert callable(import_string(names["MIDDLEWARE"][0]))
    django_project.start()
    assert callable(run(change)["change_password"])
    run("import tests.support.django_views")  # which registers its own
    run(admin)


def test_every_key_for_django_is_on_the_page() -> None:
    assert [key for key in OWN if f"| `{key}` |" not in PAGE] == []


def test_the_blocks_for_flask_run() -> None:
    first, with_session, failure = SECTIONS["Flask"]
    run(first, app=Flask("first"))
    session = scoped_session(sessionmaker(create_engine("sqlite://")))
    names = run(with_session, app=Flask("second"), db=SimpleNamespace(session=session))
    with recording() as recorder:
        session.begin()
        names["rename"](SimpleNamespace(id=1, name="old"), "new")
        run(failure)["refuse"]()
    assert [event.tag for event in recorder.events] == [
        "project:rename",
        "project:rename",
        "account:login:failure",
    ]
    session.remove()


def test_the_blocks_for_fastapi_run() -> None:
    first, dependency, binding = SECTIONS["FastAPI and Starlette"]
    app, previous = FastAPI(), swap(None)
    run(first, app=app)
    swap(previous)
    run(dependency, app=app, User=Any, current_user=lambda: SimpleNamespace(id=7))
    as_robot = Depends(run(binding)["as_robot"])
    app.get("/robot", dependencies=[as_robot])(lambda: emit("account:password:change"))
    with recording() as recorder:
        assert TestClient(app).post("/password").status_code == 200
        assert TestClient(app).get("/robot").status_code == 200
    recorder.assert_emitted("account:password:change", user="7", actor="7")
    assert recorder.events[-1].actor.id == "robot"


def test_the_block_for_celery_runs() -> None:
    run(SECTIONS["Celery"][0], app=Celery("documented", set_as_current=False))


@pytest.mark.parametrize("owned", [[], ["p1"]])
def test_the_form_signs_in_to_the_pages_below_a_path(owned: list[str]) -> None:
    secret = "of a test, and long enough for HS256"
    (block,) = SECTIONS["Pages below a path of your application"]
    form = run(block)["audit_form"]("7", owned, secret)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert jwt.decode(fields["token"], secret, ["HS256"], audience="trailkeeper")["sub"] == "7"
    app = PrefixMiddleware(create_app(ViewsSettings(token_secret=secret)), "/audit")
    with TestClient(app, base_url="https://example.org") as client:
        answer = client.post("/audit/session", data=fields, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/audit/me")
        assert client.get("/audit/session").json()["projects"] == dict.fromkeys(owned, "owner")
