"""The newest events, and then those that come."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.histories import MAX_LIMIT, Question
from trailkeeper.models.partitions import id_floor
from trailkeeper.views.reading import Reader, key_of
from trailkeeper.views.tail import OVERLAP, Tail
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
    page = reader.page(viewer, question, limit=min(limit, MAX_LIMIT))
    form.first(page.events[::-1])
    # of an empty history nothing is known, not even what is stored just now
    newest = key_of(page.events[0]) if page.events else id_floor(datetime.now(UTC) - OVERLAP)
    tail = Tail(reader, viewer, question, newest)
    while True:
        form.more(_look(tail))
        time.sleep(LOOK_SECONDS)


def _look(tail: Tail) -> list[Event]:
    try:
        return tail.poll()
    except StoreUnavailable as error:
        say(f"Postgres does not answer, waiting for it: {error}")
        time.sleep(PATIENCE_SECONDS)
        return []
