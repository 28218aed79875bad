"""`trailkeeper history`: what was done to, in or by somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import click

from cli.errors import WRONG_CALL, Failed
from cli.formats import FORMATS, say_how_to_read_on, write
from cli.sentences import Sentences
from cli.services import store
from cli.times import Moment
from models.engine import transaction
from models.histories import MAX_LIMIT, About, Page, Question, read_page


@click.command("history")
@click.argument("about", type=click.Choice(get_args(About)))
@click.argument("identity", metavar="[ID]", required=False)
@click.option(
    "--tag", "tags", multiple=True, help="Only this tag; account:login:* for all that begin so. Repeatable."
)
@click.option("--since", type=Moment(), help="Only of this time (UTC) and later.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--address", help="Only from this address or network.")
@click.option("--country", help="Only from this country: two letters.")
@click.option("--text", help="Only where `additional` holds this text.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most events.")
@click.option("--before", type=click.UUID, metavar="ID", help="Only events older than this one.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="table", show_default=True)
def command(
    about: str, identity: str | None, limit: int, before: UUID | None, form: str, **filters: Any
) -> None:
    """Show events, newest first.

    ABOUT whom: a user's history holds what was done to it, by it and on its
    behalf. ID is the stable id, not the name; `all` takes none. This is the
    administrators' view: nothing is redacted.
    """
    question = _question(about, identity, **filters)
    with store() as engine:
        pages = _pages(engine, question, limit, before)
        last = write(form, pages, Sentences())
    if form == "table":
        say_how_to_read_on(last)


def _question(
    about: Any,
    identity: str | None,
    *,
    tags: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    address: str | None,
    country: str | None,
    text: str | None,
) -> Question:
    try:
        return Question(
            about=about,
            id=identity,
            tags=tags,
            since=since,
            until=until,
            address=address,
            country_code=country.upper() if country else None,
            text=text,
        )
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error


def _pages(engine: Any, question: Question, limit: int, before: UUID | None) -> Iterator[Page]:
    """Page after page, each in a transaction of its own, so that a long export holds nothing up."""
    while limit > 0:
        with transaction(engine) as connection:
            page = read_page(connection, question, limit=min(limit, MAX_LIMIT), before=before)
        yield page
        limit -= len(page.events)
        if page.older is None:
            return
        before = page.older
