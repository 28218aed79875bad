"""One page of one history: what is read, and what the template renders of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from trailkeeper.producer.deceptive import is_visible
from trailkeeper.views.errors import NotFound
from trailkeeper.views.reading import VisiblePage, key_of
from trailkeeper.views.tail import TailPosition
from trailkeeper.views.viewer import Viewer

from .event_types import offered
from .form import chips, fields, spans
from .overview import Overview, overview
from .page_request import PageRequest, page_request
from .page_subjects import PageSubject
from .rendering import page
from .rows import Rows

PAGE_EVENTS = 50
TITLES = {"all": "Log"}
FORMATS = {"CSV": "csv", "JSON Lines": "jsonl"}


def history_page(request: Request, viewer: Viewer, subject: PageSubject) -> HTMLResponse:
    """The page that an address asks for.

    Raises:
        NotFound: the history does not exist, or is not the viewer's to see.
        InvalidCursor: the cursor belongs to another question.
        StoreError: the database does not answer.
    """
    ask = page_request(request, viewer, subject)
    events = _events(ask) if ask.valid else _no_events(ask)
    pictures = _overview(ask) if ask.valid and ask.cursor is None else Overview(None, None)
    return page(
        request,
        "history.html",
        viewer,
        status=200 if ask.valid else 422,
        chart=pictures.chart,
        atlas=pictures.atlas,
        as_of=ask.as_of,
        **_head(subject, events),
        **_list(ask, events),
        **_form(ask),
        **_links(ask, events),
    )


def _events(ask: PageRequest) -> VisiblePage:
    is_live = ask.cursor is None and not ask.question.until
    return ask.read_page(limit=PAGE_EVENTS, cursor=ask.cursor, followed=is_live)


def _no_events(ask: PageRequest) -> VisiblePage:
    """With invalid filters no event is shown, least of all one that does not match."""
    if not ask.state.reader.policy.may_ask(ask.viewer, ask.question):
        raise NotFound("the history is not the viewer's to see")
    ask.refuse_unknown()
    return VisiblePage([], None, None)


def _overview(ask: PageRequest) -> Overview:
    where = not ask.subject.public
    return overview(ask.state.reader, ask.viewer, ask.question, ask.filters, ask.to, where=where)


def _head(subject: PageSubject, events: VisiblePage) -> dict[str, Any]:
    return {
        "title": TITLES.get(subject.about) or _name(subject, events),
        "eyebrow": subject.eyebrow,
        "lede": subject.lede,
        "redacted": subject.public,
        "empty": subject.empty,
    }


def _name(subject: PageSubject, events: VisiblePage) -> str:
    """The newest name on the page; the id if there is none."""
    for event in events.events:
        named = event.get(subject.about)
        if named and named["id"] == subject.id and is_visible(named["name"] or ""):
            return str(named["name"])
    return subject.id or ""


def _list(ask: PageRequest, events: VisiblePage) -> dict[str, Any]:
    policy, cursors = ask.state.reader.policy, ask.state.cursors
    rows = Rows(policy.catalogue, policy, ask.viewer, ask.addresses, ask.here)
    return {
        "days": rows.by_day(events.events),
        "older": _page_at(ask, cursors.older(ask.question, events.older)),
        "newer": _page_at(ask, cursors.newer(ask.question, events.newer)),
        "tag_href": lambda tag: ask.to(ask.filters.plus(tag=tag)),
    }


def _page_at(ask: PageRequest, cursor: str | None) -> str | None:
    return None if cursor is None else ask.to([*ask.filters.query, ("cursor", cursor)])


def _form(ask: PageRequest) -> dict[str, Any]:
    filters, names = ask.filters, ask.subject.filters
    catalogue = ask.state.reader.policy.catalogue
    groups = offered(catalogue, ask.subject.roles, filters.values.get("tag", ""))
    return {
        "fields": fields(names, filters, groups),
        "chips": chips(names, filters, ask.to),
        "problem": filters.problem,
        "wrong": filters.wrong,
        "spans": list(spans(filters, ask.to, datetime.now(UTC))),
        "plain_href": ask.here,
    }


def _links(ask: PageRequest, events: VisiblePage) -> dict[str, Any]:
    values = ask.filters.values
    exports = FORMATS.items() if ask.valid else ()
    return {
        "newest": ask.cursor is None,
        "newest_href": ask.to(ask.filters.query),
        "live": _live(ask, events),
        "exports": [{"name": name, "href": ask.api("export", [("format", form)])} for name, form in exports],
        "tabs": [
            {"name": name, "href": ask.to(filters.items()), "current": filters == values}
            for name, filters in ask.subject.tabs
        ],
    }


def _live(ask: PageRequest, events: VisiblePage) -> str | None:
    """The address of the live tail of what is stored after these events; None where none is added to them."""
    if events.stored is None:
        return None
    subject = ask.subject
    history = [("about", subject.about), *([("id", subject.id)] if subject.id else [])]
    newest = key_of(events.events[0]) if events.events else None
    after = ask.state.positions.writer()(TailPosition(newest, events.stored))
    return ask.addresses.to("/live", [*history, ("after", after), *ask.filters.query])
