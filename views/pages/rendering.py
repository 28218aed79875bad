"""Templates into pages. Everything is escaped; what is not defined is an error rather than nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from trailkeeper.producer.deceptive import DECEPTIVE, REPLACEMENT, is_plain
from trailkeeper.views.viewer import ANYBODY, Viewer

from . import words
from .addresses import Addresses
from .static import FOLDER, VERSION

FILTERS = ("words", "plain", "number", "size", "duration", "exact", "to_the_second", "iso")


BELOW = {"/backfills": ("/commands",)}
"""Pages that belong to another menu entry than their address says."""


class MenuEntry(NamedTuple):
    """An entry of the main navigation."""

    name: str
    href: str
    current: bool


@cache
def environment() -> Environment:
    """The templates, compiled once a process."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    templates.filters.update({name: getattr(words, name) for name in FILTERS})
    return templates


def _shown(value: Any) -> Any:
    """What a template writes, without characters that deceive: a person or an address may have brought it."""
    if not isinstance(value, str) or isinstance(value, Markup) or is_plain(value):
        return value
    return DECEPTIVE.sub(lambda found: found[0] if found[0] in "\t\r\n" else REPLACEMENT, value)


def addresses_of(request: Request) -> Addresses:
    """Addresses below where the application is mounted."""
    return Addresses(request.scope.get("root_path", ""))


def here(request: Request) -> str:
    """The page's own path, quoted as in links to it."""
    raw = request.scope.get("raw_path")
    return raw.decode("ascii", "replace").partition("?")[0] if raw else request.url.path


def page(
    request: Request, template: str, viewer: Viewer | None, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page.

    Args:
        request: what it answers.
        template: its file.
        viewer: for whom; None and `ANYBODY` get a link to sign in.
        status: of HTTP.
        context: what the template needs.
    """
    addresses = addresses_of(request)
    known = viewer if viewer not in (None, ANYBODY) else None
    text = (
        environment()
        .get_template(template)
        .render(
            viewer=known,
            status=status,
            menu=list(_menu_entries(request, known, addresses)) if known else [],
            here=here(request),
            to=addresses.to,
            static=lambda name: addresses.static(VERSION, name),
            **context,
        )
    )
    return HTMLResponse(text, status, {"Vary": "Cookie"})


def _menu_entries(request: Request, viewer: Viewer, addresses: Addresses) -> Iterator[MenuEntry]:
    for name, path in _menu(viewer):
        href = addresses.to(path)
        own = here(request)
        within = [href, *map(addresses.to, BELOW.get(path, ()))]
        yield MenuEntry(name, href, own == href or own.startswith(tuple(f"{path}/" for path in within)))


def _menu(viewer: Viewer) -> Iterator[tuple[str, str]]:
    if viewer.user_id is not None:
        yield "My history", "/me"
    if viewer.projects:
        yield "My projects", "/projects"
    if viewer.organizations:
        yield "Organizations", "/organizations"
    if viewer.staff:
        yield "Log", "/log"
        yield "Dead letters", "/dead-letters"
        yield "Backfills", "/backfills"
        yield "Retention", "/retention"
        yield "Pipeline", "/pipeline"
