"""Starting a backfill from a page: a form, what it would do, and then the start itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse, Response

from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.views.api.commands import ACTIONS, Asked
from trailkeeper.views.parts import parts_of
from trailkeeper.views.problems import Problem
from trailkeeper.views.viewer import Viewer

from . import words
from .backfill_facts import WHICH
from .commands import Command, Sent
from .filters import zoned
from .form import local
from .rendering import page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

FIELDS = ("which", "scope", "user", "project", "since", "until", "throttle")
MANY = ("tags", "reasons", "ids")
_asked: TypeAdapter[Any] = TypeAdapter(Asked)


@router.get("/backfills/new")
def new(request: Request, viewer: Admin) -> HTMLResponse:
    """The form of an enrich backfill, filled in as the address says."""
    params = request.query_params
    given = {name: params.get(name, "") for name in FIELDS} | {"tags": " ".join(params.getlist("tags"))}
    return _form(request, viewer, given)


@router.post("/backfills/preview")
def preview(sent: Sent) -> Response:
    """What it would do."""
    return _placed(sent, "preview_{}")


@router.post("/backfills")
def start(sent: Sent) -> Response:
    """Start it."""
    return _placed(sent, "{}")


def _placed(sent: Command, action: str) -> Response:
    given = _given(sent)
    try:
        asked = _asked.validate_python(given)
        return sent.answer(action.format(ACTIONS[asked.kind]), asked.given())
    except ValidationError as error:
        problem = _problem(error)
    except Problem as error:
        if error.status != 422 or given["kind"] != "enrich":  # noqa: PLR2004 - HTTP's
            raise
        problem = error.detail
    if given["kind"] != "enrich":
        raise Problem(422, problem)
    shown = {name: sent.one(name) for name in FIELDS} | {"tags": " ".join(sent.all("tags"))}
    return _form(sent.request, sent.viewer, shown, words.sentence(problem))


def _given(sent: Command) -> dict[str, Any]:
    """The fields as the API takes them."""
    found: dict[str, Any] = {name: sent.one(name) for name in FIELDS if sent.one(name)}
    for name in ("since", "until"):
        if name in found:
            found[name] = _time(name, found[name])
    for name in MANY:
        if values := [part for value in sent.all(name) for part in value.replace(",", " ").split()]:
            found[name] = values
    return found | {"kind": sent.one("kind")}


def _time(name: str, text: str) -> str:
    try:
        return zoned(name, text)
    except ValueError:
        return text  # what is wrong with it is told with the rest


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return f"{name or 'kind'}: {first['msg'][:1].lower()}{first['msg'][1:200]}"


def _form(
    request: Request, viewer: Viewer, given: dict[str, str], problem: str | None = None
) -> HTMLResponse:
    parts = parts_of(request)
    return page(
        request,
        "backfill_new.html",
        viewer,
        status=422 if problem else 200,
        title="New backfill",
        given=given | {name: local(given[name]) for name in ("since", "until")},
        problem=problem,
        which=WHICH,
        scopes=SCOPES,
        tags=_tags(parts.reader.policy.catalogue),
        ticket=parts.tickets.write(viewer),
    )


def _tags(catalogue: Catalogue) -> list[str]:
    return sorted(kind.tag for kind in catalogue)
