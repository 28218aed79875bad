"""One request for a page of a history, and the addresses around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

from fastapi import Request

from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.errors import NotFound
from trailkeeper.views.history_request import HistoryKey, HistoryRequest
from trailkeeper.views.viewer import Viewer

from .addresses import Addresses, Query
from .page_subjects import PageSubject
from .rendering import addresses_of, here
from .typed_filters import TypedFilters, parse


@dataclass(frozen=True)
class PageRequest(HistoryRequest):
    """Who asks for what, and how the page speaks of it.

    Attributes:
        question: with the filters, if they are valid.
        subject: whose history.
        filters: as they stand in the address.
    """

    subject: PageSubject
    filters: TypedFilters

    @property
    def cursor(self) -> str | None:
        """Where the page begins; None for the newest."""
        return self.request.query_params.get("cursor")

    @property
    def valid(self) -> bool:
        """Whether all filters are valid."""
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
        text = urlencode(list(query))
        return f"{self.here}?{text}" if text else self.here

    def api(self, endpoint: str, more: Query) -> str:
        """The API's address of the same question."""
        subject = self.subject
        history = "" if subject.id is None else f"/{subject.about}s/{quote(subject.id, safe='')}"
        query = [*self.filters.for_api, *more]
        return self.addresses.to(f"/api/v1{history}/events/{endpoint}", query)


def page_request(request: Request, viewer: Viewer, subject: PageSubject) -> PageRequest:
    """What a request asks of a history.

    Raises:
        NotFound: nothing has such an id.
    """
    key = HistoryKey(subject.about, subject.id)
    try:
        question, filters = parse(request.query_params, subject.filters, key)
    except ValueError as error:
        raise NotFound("no history has such an id") from error
    return PageRequest(request, app_state_of(request), viewer, question, subject, filters)
