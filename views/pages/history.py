"""One page of one history: what is read, and what the template draws of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import HTMLResponse

from trailkeeper.views.api.answers import NEWER, OLDER, place_of
from trailkeeper.views.errors import NotFound
from trailkeeper.views.reading import ShownPage
from trailkeeper.views.viewer import Viewer
from trailkeeper.views.watched import record_view

from .asking import Asking, asking
from .event_types import offered
from .form import chips, fields, spans
from .overview import Overview, overview
from .rendering import page
from .rows import Rows
from .subjects import Subject

PAGE = 50
TITLES = {"all": "Log"}
FORMATS = {"CSV": "csv", "JSON Lines": "jsonl"}
UNUSABLE = 422


def show(request: Request, viewer: Viewer, subject: Subject) -> HTMLResponse:
    """The page that an address asks for.

    Raises:
        NotFound: the history is not the viewer's to see, or is not there.
        InvalidCursor: the cursor belongs to another question.
        StoreError: the database does not answer.
    """
    ask = asking(request, viewer, subject)
    found = _read(ask) if ask.usable else _nothing(ask)
    drawn = _drawn(ask) if ask.usable and ask.cursor is None else Overview(None, None)
    return page(
        request,
        "history.html",
        viewer,
        status=200 if ask.usable else UNUSABLE,
        chart=drawn.chart,
        atlas=drawn.atlas,
        **_head(subject, found),
        **_list(ask, found),
        **_form(ask),
        **_ways(ask, found),
    )


def _read(ask: Asking) -> ShownPage:
    place = place_of(ask.parts.cursors, ask.question, ask.cursor)
    record_view(ask.viewer, ask.question, request=ask.request)
    found = ask.parts.reader.page(ask.viewer, ask.question, limit=PAGE, **place)
    if not found.events:
        ask.refuse_unknown()
    return found


def _nothing(ask: Asking) -> ShownPage:
    """Beside filters that cannot be used nothing is shown, least of all what they did not ask for."""
    if not ask.parts.reader.policy.may_ask(ask.viewer, ask.question):
        raise NotFound("the history is not the viewer's to see")
    ask.refuse_unknown()
    return ShownPage([], None, None)


def _drawn(ask: Asking) -> Overview:
    where = not ask.subject.public
    return overview(ask.parts.reader, ask.viewer, ask.question, ask.filters, ask.to, where=where)


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


def _list(ask: Asking, found: ShownPage) -> dict[str, Any]:
    policy = ask.parts.reader.policy
    rows = Rows(policy.catalogue, policy, ask.viewer, ask.addresses, ask.here)
    return {
        "days": rows.by_day(found.events),
        "older": _beside(ask, OLDER, found.older),
        "newer": _beside(ask, NEWER, found.newer),
        "tag_href": lambda tag: ask.to(ask.filters.plus(tag=tag)),
    }


def _beside(ask: Asking, direction: str, place: UUID | None) -> str | None:
    cursor = ask.parts.cursors.write(ask.question, place)
    return None if cursor is None else ask.to([*ask.filters.query, ("cursor", direction + cursor)])


def _form(ask: Asking) -> dict[str, Any]:
    filters, names = ask.filters, ask.subject.filters
    catalogue = ask.parts.reader.policy.catalogue
    groups = offered(catalogue, ask.subject.roles, filters.values.get("tag", ""))
    return {
        "fields": fields(names, filters, groups),
        "chips": chips(names, filters, ask.to),
        "problem": filters.problem,
        "wrong": filters.wrong,
        "spans": list(spans(filters, ask.to, datetime.now(UTC))),
        "plain_href": ask.here,
    }


def _ways(ask: Asking, found: ShownPage) -> dict[str, Any]:
    """Where one can go from here."""
    values = ask.filters.values
    exports = FORMATS.items() if ask.usable else ()
    return {
        "newest": ask.cursor is None,
        "newest_href": ask.to(ask.filters.query),
        "live": _live(ask, found),
        "exports": [{"name": name, "href": ask.api("export", [("format", form)])} for name, form in exports],
        "tabs": [
            {"name": name, "href": ask.to(wanted.items()), "current": wanted == values}
            for name, wanted in ask.subject.tabs
        ],
    }


def _live(ask: Asking, found: ShownPage) -> str | None:
    """Where what comes after this page is told; None for a page to which nothing can come."""
    if not ask.usable or ask.cursor is not None or ask.question.until:
        return None
    subject = ask.subject
    whose = [("about", subject.about), *([("id", subject.id)] if subject.id else [])]
    after = [("after", found.events[0]["id"])] if found.events else []
    return ask.addresses.to("/live", [*whose, *after, *ask.filters.query])
