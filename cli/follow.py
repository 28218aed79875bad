"""The newest events, and then those that come."""

from __future__ import annotations

import time

from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.histories import MAX_LIMIT, Question
from trailkeeper.views.reading import Reader, key_of
from trailkeeper.views.tail import Tail, TailPosition
from trailkeeper.views.viewer import Viewer

from .formats import Event, Format
from .output import say

LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 5.0


def follow(reader: Reader, viewer: Viewer, question: Question, form: Format, limit: int) -> None:
    """Print the newest *limit* events, the newest last, and then what is stored, for ever.

    Raises:
        NotFound: the history is not the viewer's to see.
        StoreError: the database did not answer at the start; later it is waited for.
    """
    before = reader.snapshot()
    page = reader.page(viewer, question, limit=min(limit, MAX_LIMIT))
    form.first(page.events[::-1])
    printed = {key_of(event) for event in page.events}
    tail = Tail(reader, viewer, question, TailPosition(None, before))
    while True:
        # what was stored while the first ones were read may be among them
        form.more([event for event in _look(tail) if key_of(event) not in printed])
        time.sleep(LOOK_SECONDS)


def _look(tail: Tail) -> list[Event]:
    try:
        return [tailed.event for tailed in tail.poll()]
    except StoreUnavailable as error:
        say(f"Postgres does not answer, waiting for it: {error}")
        time.sleep(PATIENCE_SECONDS)
        return []
