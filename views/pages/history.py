"""One page of one history: what is asked, read and drawn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from starlette.responses import HTMLResponse

from models.histories import Question
from views.api.answers import NEWER, OLDER, place_of
from views.api.asked import Asked
from views.errors import NotFound
from views.parts import Parts, parts_of
from views.reading import ShownPage
from views.viewer import Viewer
from views.watched import record_view

from .addresses import Query
from .event_types import offered
from .filters import Filters, asked
from .form import chips, fields, spans
from .overview import Overview, overview
from .rendering import addresses_of, here, page
from .rows import Rows
from .subjects import Subject

PAGE = 50
TITLES = {"all": "Log"}
FORMATS = {"CSV": "csv", "JSON Lines": "jsonl"}


def show(request: Request, viewer: Viewer, subject: Subject) -> HTMLResponse:
    """The page that an address asks for.

    Raises:
        NotFound: the history is not the viewer's to see, or is not there.
        InvalidCursor: the cursor belongs to another question.
        StoreError: the database does not answer.
    """
    parts = parts_of(request)
    question, filters = _asked(request, subject)
    cursor = request.query_params.get("cursor")
    record_view(viewer, question, request=request)
    found = _read(parts, viewer, question, cursor)
    if not found.events:
        Asked(parts, viewer, question).refuse_unknown()
    drawn = _drawn(request, parts, viewer, subject, question, filters) if cursor is None else Overview(None, None)
    return page(
        request,
        "history.html",
        viewer,
        chart=drawn.chart,
        atlas=drawn.atlas,
        **_head(subject, found),
        **_list(request, parts, viewer, question, filters, found),
        **_form(request, parts, subject, filters),
        **_ways(request, subject, question, filters, cursor, found),
    )


def _asked(request: Request, subject: Subject) -> tuple[Question, Filters]:
    try:
        return asked(request.query_params, subject.filters, subject.about, subject.id)
    except ValueError as error:
        raise NotFound("no history has such an id") from error


def _read(parts: Parts, viewer: Viewer, question: Question, cursor: str | None) -> ShownPage:
    place = place_of(parts.cursors, question, cursor)
    return parts.reader.page(viewer, question, limit=PAGE, **place)


def _drawn(
    request: Request, parts: Parts, viewer: Viewer, subject: Subject, question: Question, filters: Filters
) -> Overview:
    return overview(parts.reader, viewer, question, filters, _to(request), where=not subject.public)


def _to(request: Request) -> Any:
    own = here(request)

    def to(query: Query) -> str:
        wanted = urlencode(list(query))
        return f"{own}?{wanted}" if wanted else own

    return to


def _head(subject: Subject, found: ShownPage) -> dict[str, Any]:
    return {
        "title": TITLES.get(subject.about) or _name(subject, found),
        "eyebrow": subject.eyebrow,
        "lede": subject.lede,
        "redacted": subject.public,
        "empty": subject.empty,
    }


def _name(subject: Subject, found: ShownPage) -> str:
    """The newest name that the page knows; the id where it knows none."""
    for event in found.events:
        named = event.get(subject.about)
        if named and named["id"] == subject.id and named["name"]:
            return str(named["name"])
    return subject.id or ""


def _list(
    request: Request, parts: Parts, viewer: Viewer, question: Question, filters: Filters, found: ShownPage
) -> dict[str, Any]:
    to = _to(request)
    policy = parts.reader.policy
    rows = Rows(policy.catalogue, policy, viewer, addresses_of(request), here(request))

    def beside(direction: str, place: Any) -> str | None:
        cursor = parts.cursors.write(question, place)
        return None if cursor is None else to([*filters.query, ("cursor", direction + cursor)])

    return {
        "days": rows.by_day(found.events),
        "older": beside(OLDER, found.older),
        "newer": beside(NEWER, found.newer),
        "tag_href": lambda tag: to(filters.plus(tag=tag)),
    }


def _form(request: Request, parts: Parts, subject: Subject, filters: Filters) -> dict[str, Any]:
    to = _to(request)
    groups = offered(parts.reader.policy.catalogue, subject.roles, filters.values.get("tag", ""))
    return {
        "fields": fields(subject.filters, filters, groups),
        "chips": chips(subject.filters, filters, to),
        "problem": filters.problem,
        "wrong": filters.wrong,
        "spans": list(spans(filters, to, datetime.now(UTC))),
        "plain_href": to(()),
    }


def _ways(
    request: Request, subject: Subject, question: Question, filters: Filters, cursor: str | None, found: ShownPage
) -> dict[str, Any]:
    to = _to(request)
    api = f"/api/v1/{_api_path(subject)}"
    query = _api_query(filters)
    addresses = addresses_of(request)
    usable = filters.problem is None
    return {
        "newest": cursor is None,
        "newest_href": to(filters.query),
        "live": _live(request, subject, filters, found) if usable and cursor is None and not question.until else None,
        "exports": [
            {"name": name, "href": addresses.to(f"{api}/export", [*query, ("format", form)])}
            for name, form in FORMATS.items()
        ]
        if usable
        else [],
        "tabs": [
            {"name": name, "href": to(wanted.items()), "current": wanted == filters.values}
            for name, wanted in subject.tabs
        ],
    }


def _live(request: Request, subject: Subject, filters: Filters, found: ShownPage) -> str:
    """Where what comes after this page is told."""
    whose = [("about", subject.about), *([("id", subject.id)] if subject.id else [])]
    after = [("after", found.events[0]["id"])] if found.events else []
    return addresses_of(request).to("/live", [*whose, *after, *filters.query])


def _api_path(subject: Subject) -> str:
    return "events" if subject.id is None else f"{subject.about}s/{quote(subject.id, safe='')}/events"


def _api_query(filters: Filters) -> list[tuple[str, str]]:
    """The filters as the API takes them: its times have a zone."""
    return [
        (name, filters.moment(name) if name in {"since", "until"} else value) for name, value in filters.query
    ]
