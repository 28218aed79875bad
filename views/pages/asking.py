"""One request for a page of a history, and the addresses around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

from fastapi import Request

from trailkeeper.models.histories import Question
from trailkeeper.views.api.asked import Asked
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import Parts, parts_of
from trailkeeper.views.viewer import Viewer

from .addresses import Addresses, Query
from .filters import Filters, asked
from .rendering import addresses_of, here
from .subjects import Subject


@dataclass(frozen=True)
class Asking:
    """Who asks what.

    Attributes:
        subject: whose history.
        question: with the filters, where these can be used.
        filters: as they stand in the address.
    """

    request: Request
    viewer: Viewer
    subject: Subject
    question: Question
    filters: Filters

    @property
    def parts(self) -> Parts:
        """What the application's requests share."""
        return parts_of(self.request)

    @property
    def cursor(self) -> str | None:
        """Where the page begins; None for the newest."""
        return self.request.query_params.get("cursor")

    @property
    def usable(self) -> bool:
        """Whether all filters can be used."""
        return self.filters.problem is None

    @cached_property
    def here(self) -> str:
        """The page's own path."""
        return here(self.request)

    @property
    def addresses(self) -> Addresses:
        """Addresses of other pages."""
        return addresses_of(self.request)

    def to(self, query: Query) -> str:
        """This history with other filters, from its newest event."""
        wanted = urlencode(list(query))
        return f"{self.here}?{wanted}" if wanted else self.here

    def api(self, endpoint: str, more: Query) -> str:
        """The API's address of the same question."""
        subject = self.subject
        whose = "" if subject.id is None else f"/{subject.about}s/{quote(subject.id, safe='')}"
        query = [*self.filters.for_programs, *more]
        return self.addresses.to(f"/api/v1{whose}/events/{endpoint}", query)

    def refuse_unknown(self) -> None:
        """Say of a history without any event that there is none, as the API does.

        Raises:
            NotFound: it is not there, or not the viewer's to see.
            StoreError: the database does not answer.
        """
        Asked(self.parts, self.viewer, self.question).refuse_unknown()


def asking(request: Request, viewer: Viewer, subject: Subject) -> Asking:
    """What a request asks of a history.

    Raises:
        NotFound: nothing has such an id.
    """
    try:
        question, filters = asked(request.query_params, subject.filters, subject.about, subject.id)
    except ValueError as error:
        raise NotFound("no history has such an id") from error
    return Asking(request, viewer, subject, question, filters)
