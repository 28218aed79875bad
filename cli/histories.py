"""Reads a history page by page and prints it; apart from the command, so that its help is quick."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine

from trailkeeper.models.histories import MAX_LIMIT, EventKey, Question
from trailkeeper.producer.catalogue import Catalogue, load
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.settings import settings

from .errors import PROBLEM, WRONG_CALL, Failed
from .follow import follow
from .formats import FORMATS, Event
from .output import say
from .services import store
from .subject_hints import named


def print_history(
    viewer: Viewer, *, limit: int, before: EventKey | None, following: bool, form: str, **filters: Any
) -> None:
    """Print events, newest first; *following*, newest last, and then new ones for ever.

    Raises:
        Failed: the filters are wrong, or the history is not the viewer's to see.
        StoreError: the database did not answer.
    """
    catalogue = load(settings().catalogue)
    question = _question(**filters)
    question = dataclasses.replace(question, tags=tuple(_tag(catalogue, tag) for tag in question.tags))
    if following and (before or question.until):
        raise Failed("--follow starts from now; it cannot be used with --before or --until", WRONG_CALL)
    with store() as engine:
        reader = Reader(engine, Policy(catalogue))
        question = _by_name(engine, question)
        try:
            if following:
                follow(reader, viewer, question, FORMATS[form](), limit)
            else:
                _print_pages(_Pages(reader, viewer, question, limit, before), form)
        except NotFound as error:
            raise Failed(f"{error} for this viewer", PROBLEM) from error


def _question(
    *, identity: str | None, tags: tuple[str, ...], country_code: str | None, **filters: Any
) -> Question:
    try:
        country = country_code.upper() if country_code else None
        return Question(id=identity, tags=tags, country_code=country, **filters)
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error


def _tag(catalogue: Catalogue, tag: str) -> str:
    """The tag to ask for, of an alias the declared one. One that no catalogue knows may be stored."""
    if kind := catalogue.get(tag):
        return kind.tag
    start, star, _ = tag.partition("*")
    if star:
        if not any(kind.tag.startswith(start) for kind in catalogue):
            say(f"no event type begins with {start!r}; docs/events.md lists them")
    else:
        closest = catalogue.closest(tag)
        say(f"no event type is called {tag!r}{f'; did you mean {closest}?' if closest else ''}")
    return tag


def _by_name(engine: Engine, question: Question) -> Question:
    """The question about an id; where only a name was typed, about the id that has it."""
    if question.id is None:
        return question
    identity, hint = named(engine, question.about, question.id)
    if identity is None:
        return question
    say(str(hint))
    return dataclasses.replace(question, id=identity)


class _Pages:
    """The events of as many pages as *limit* takes; knows afterwards where the next would begin."""

    def __init__(
        self, reader: Reader, viewer: Viewer, question: Question, limit: int, before: EventKey | None
    ) -> None:
        self._asked = reader, viewer, question
        self._limit = limit
        self.older = before
        self.is_empty = True

    def __iter__(self) -> Iterator[Event]:
        reader, viewer, question = self._asked
        while self._limit > 0:
            page = reader.page(viewer, question, limit=min(self._limit, MAX_LIMIT), before=self.older)
            self.is_empty &= not page.events
            self.older = page.older
            yield from page.events
            self._limit -= len(page.events)
            if page.older is None:
                return


def _print_pages(pages: _Pages, form: str) -> None:
    FORMATS[form]().first(pages)
    if form != "table":
        return
    if pages.is_empty:
        say("no events")
    elif pages.older is not None:
        say(f"older ones: --before {pages.older}")
