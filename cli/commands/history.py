"""`trailkeeper history`: what was done to, in or by somebody, as somebody may see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args
from uuid import UUID

import click

from trailkeeper.cli.errors import PROBLEM, WRONG_CALL, Failed
from trailkeeper.cli.follow import follow
from trailkeeper.cli.formats import FORMATS, Event
from trailkeeper.cli.output import say
from trailkeeper.cli.services import store
from trailkeeper.cli.times import Moment
from trailkeeper.cli.viewers import ViewerParam
from trailkeeper.models.histories import MAX_LIMIT, About, Question
from trailkeeper.producer.catalogue import load
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.settings import settings


@click.command("history")
@click.argument("about", type=click.Choice(get_args(About)))
@click.argument("identity", metavar="[ID]", required=False)
@click.option(
    "--tag", "tags", multiple=True, help="Only this tag; account:login:* for all that begin so. Repeatable."
)
@click.option("--since", type=Moment(), help="Only of this time (UTC) and later.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--actor", metavar="ID", help="Only what this actor did.")
@click.option("--address", help="Only from this address or network.")
@click.option("--country", "country_code", metavar="CODE", help="Only from this country: two letters.")
@click.option("--client", help="Only with this client: a name (Firefox) or a kind (browser).")
@click.option("--via-service", is_flag=True, help="Only by services, API tokens, trusted publishers.")
@click.option("--text", help="Only where `additional` holds this text.")
@click.option(
    "--as-viewer",
    "viewer",
    type=ViewerParam(),
    default="admin",
    metavar="WHO",
    show_default=True,
    help="As whom to look: public, or user:ID,owner:PROJECT,maintainer:PROJECT,org-owner:ORGANIZATION …",
)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most events.")
@click.option("--before", type=click.UUID, metavar="ID", help="Only events older than this one.")
@click.option("--follow", "following", is_flag=True, help="Newest last, then what comes, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="table", show_default=True)
def command(
    viewer: Viewer, limit: int, before: UUID | None, following: bool, form: str, **asked: Any
) -> None:
    """Show events, newest first.

    ABOUT whom: a user's history holds what was done to it, by it and on its
    behalf. ID is the stable id, not the name; `all` takes none. Without
    --as-viewer it is the administrators' view: nothing is redacted. Whoever
    runs this holds the database's password, so that looking is not recorded.
    """
    question = _question(**asked)
    if following and (before or question.until):
        raise Failed("--follow goes on from now; it cannot be used with --before or --until", WRONG_CALL)
    with store() as engine:
        reader = Reader(engine, Policy(load(settings().catalogue)))
        try:
            if following:
                follow(reader, viewer, question, FORMATS[form](), limit)
            else:
                _show(reader, viewer, question, form, limit=limit, before=before)
        except NotFound as error:
            raise Failed(f"{error} for this viewer", PROBLEM) from error


def _question(
    *, identity: str | None, tags: tuple[str, ...], country_code: str | None, **asked: Any
) -> Question:
    try:
        country = country_code.upper() if country_code else None
        return Question(id=identity, tags=tags, country_code=country, **asked)
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error


def _show(reader: Reader, viewer: Viewer, question: Question, form: str, **how: Any) -> None:
    older: list[UUID | None] = []
    FORMATS[form]().first(_events(reader, viewer, question, older, **how))
    if form == "table":
        _say_how_to_read_on(older)


def _say_how_to_read_on(older: list[UUID | None]) -> None:
    if not older:
        say("no events")
    elif older[-1] is not None:
        say(f"older ones: --before {older[-1]}")


def _events(
    reader: Reader,
    viewer: Viewer,
    question: Question,
    older: list[UUID | None],
    *,
    limit: int,
    before: UUID | None,
) -> Iterator[Event]:
    """Page after page; *older* holds where each ended."""
    while limit > 0:
        page = reader.page(viewer, question, limit=min(limit, MAX_LIMIT), before=before)
        if page.events:
            older.append(page.older)
        yield from page.events
        limit -= len(page.events)
        if page.older is None:
            return
        before = page.older
