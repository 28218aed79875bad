"""Starting a backfill from a page: a form, what it would do, and then the start itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse, Response

from trailkeeper.models.tables import SCOPES
from trailkeeper.views.admin_requests import ACTIONS, BackfillRequest
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.problems import Problem, message_of
from trailkeeper.views.viewer import Viewer

from . import words
from .admin_form import AdminForm, SentForm
from .backfill_facts import WHICH
from .form import local
from .rendering import page
from .typed_filters import TIMES, zoned

router = APIRouter(include_in_schema=False)

FIELDS = ("which", "scope", "user", "project", "since", "until", "throttle")
LISTS = ("tags", "reasons", "ids")
_backfill_request: TypeAdapter[Any] = TypeAdapter(BackfillRequest)


@router.get("/backfills/new")
def new(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """The form of an enrich backfill, filled in from the address."""
    params = request.query_params
    values = {name: params.get(name, "") for name in FIELDS} | {"tags": " ".join(params.getlist("tags"))}
    return _form(request, viewer, values)


@router.post("/backfills/preview")
def preview(form: SentForm) -> Response:
    """What it would do."""
    return _place(form, "preview_{}")


@router.post("/backfills")
def start(form: SentForm) -> Response:
    """Start it."""
    return _place(form, "{}")


def _place(form: AdminForm, action: str) -> Response:
    values = _values(form)
    try:
        wanted = _backfill_request.validate_python(values)
        return form.answer(action.format(ACTIONS[wanted.kind]), wanted.arguments())
    except ValidationError as error:
        name, message = message_of(error.errors()[0])
        problem = f"{name or 'kind'}: {message}"
    except Problem as error:
        if error.status != 422 or values["kind"] != "enrich":  # noqa: PLR2004 - HTTP's
            raise
        problem = error.detail
    if values["kind"] != "enrich":
        raise Problem(422, problem)
    typed = {name: form.one(name) for name in FIELDS} | {"tags": " ".join(form.all("tags"))}
    return _form(form.request, form.viewer, typed, words.sentence(problem))


def _values(form: AdminForm) -> dict[str, Any]:
    """The fields as the API takes them."""
    values: dict[str, Any] = {name: form.one(name) for name in FIELDS if form.one(name)}
    values |= {name: zoned(values[name]) for name in TIMES if name in values}
    for name in LISTS:
        if items := [part for value in form.all(name) for part in value.replace(",", " ").split()]:
            values[name] = items
    return values | {"kind": form.one("kind")}


def _form(
    request: Request, viewer: Viewer, values: dict[str, str], problem: str | None = None
) -> HTMLResponse:
    state = app_state_of(request)
    return page(
        request,
        "backfill_new.html",
        viewer,
        status=422 if problem else 200,
        title="New backfill",
        values=values | {name: local(values[name]) for name in TIMES},
        problem=problem,
        which=WHICH,
        scopes=SCOPES,
        tags=sorted(kind.tag for kind in state.reader.policy.catalogue),
        ticket=state.tickets.write(viewer),
    )
