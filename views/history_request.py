"""One request for one history, by the API or by a page: who asks for what, and whether it exists for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import Request

from trailkeeper.models.histories import About, Question
from trailkeeper.producer.requests.origin import from_request

from .access_events import record_view
from .app_state import AppState, app_state_of
from .errors import NotFound
from .reading import VisiblePage
from .shares import Taker, taker
from .viewer import Viewer


class HistoryKey(NamedTuple):
    """Which history: of what kind, and whose; the log of everything has no id."""

    about: About
    id: str | None


@dataclass(frozen=True)
class HistoryRequest:
    """A question of a viewer, with the state of the application that answers it."""

    request: Request
    state: AppState
    viewer: Viewer
    question: Question
    as_of: datetime | None = field(init=False)
    """Everything that was stored by then is in what is read from a replica; None where it is of now."""

    def __post_init__(self) -> None:
        """Asks before anything is read, so that nothing is promised that came meanwhile."""
        object.__setattr__(self, "as_of", self.state.replica_age.as_of(self.viewer))

    def read_page(self, *, limit: int, cursor: str | None, followed: bool = False) -> VisiblePage:
        """The newest events, or those beside a cursor, as `Reader.page`. An admin's look is recorded first.

        Raises:
            NotFound: the history does not exist, or is not the viewer's to see.
            InvalidCursor: the cursor belongs to another question.
            StoreError: the database does not answer.
        """
        start = self.state.cursors.start(self.question, cursor)
        record_view(self.viewer, self.question, request=self.request)
        page = self.state.reader.page(self.viewer, self.question, limit=limit, followed=followed, **start)
        if not page.events and not start:
            self.refuse_unknown()
        return page

    def refuse_unknown(self) -> None:
        """Answer 404 for a history without any events, unless it is the viewer's own.

        So a history that is hidden and one that does not exist look the same.

        Raises:
            NotFound: there is no such history, or it is not the viewer's to see.
            StoreError: the database does not answer.
        """
        if not self._is_own():
            unfiltered = Question(about=self.question.about, id=self.question.id)
            if not self.state.reader.page(self.viewer, unfiltered, limit=1).events:
                raise NotFound(f"there is no event of {self.question.about} {self.question.id}")

    def _is_own(self) -> bool:
        match self.question.about:
            case "user":
                return self.question.id == self.viewer.user_id
            case "project":
                return self.question.id in self.viewer.projects
            case "organization":
                return self.question.id in self.viewer.organizations
            case _:
                return self.viewer.staff

    @property
    def taker(self) -> Taker:
        """Whose limits apply."""
        return taker(self.viewer, from_request(self.request).ip)


def events_with_id(
    request: Request, viewer: Viewer, event_id: UUID, scope: str | None = None
) -> list[dict[str, Any]]:
    """The events with an id that a viewer may see, the one of *scope* first. An admin's look is recorded.

    Raises:
        NotFound: there is none, or not in this scope, or none is the viewer's to see.
        StoreError: the database does not answer.
    """
    record_view(viewer, Question(event=event_id), request=request)
    events = app_state_of(request).reader.with_id(viewer, event_id)
    asked = [event for event in events if scope in {None, event["scope"]}]
    if not asked:
        raise NotFound(f"there is no event {event_id}")
    return asked if scope is None else [*asked, *(event for event in events if event not in asked)]
