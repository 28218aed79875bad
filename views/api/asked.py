"""One request to one history: who asks, what, and whether there is such a history for them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from trailkeeper.models.histories import Question
from trailkeeper.producer.context import from_request
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import Parts, parts_of
from trailkeeper.views.viewer import Viewer

from .filters import Filters
from .subjects import Subject


@dataclass(frozen=True)
class Asked:
    """A question of a viewer."""

    parts: Parts
    viewer: Viewer
    question: Question

    def refuse_unknown(self) -> None:
        """Say of a history without any event that there is none, except to those it belongs to.

        So what is hidden from a viewer and what does not exist look alike.

        Raises:
            NotFound: it is not there, or not the viewer's to see.
            StoreError: the database does not answer.
        """
        if not self._belongs():
            bare = Question(about=self.question.about, id=self.question.id)
            if not self.parts.reader.page(self.viewer, bare, limit=1).events:
                raise NotFound(f"there is no event of {self.question.about} {self.question.id}")

    def _belongs(self) -> bool:
        match self.question.about:
            case "user":
                return self.question.id == self.viewer.user_id
            case "project":
                return self.question.id in self.viewer.projects
            case "organization":
                return self.question.id in self.viewer.organizations
            case _:
                return self.viewer.staff

    def who(self, request: Request) -> str:
        """Whom to count what they do at once under: a person, or an address where nobody says who it is."""
        return f"id {self.viewer.user_id}" if self.viewer.user_id else f"at {from_request(request).ip}"


def asked(request: Request, viewer: Viewer, filters: Filters, subject: Subject) -> Asked:
    """What a request asks.

    Raises:
        Problem: 422, a filter cannot be used.
    """
    return Asked(parts_of(request), viewer, filters.question(*subject))
