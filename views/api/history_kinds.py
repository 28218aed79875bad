"""The kinds of history and their paths; each has the same endpoints below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from fastapi import Path, Request

from trailkeeper.models.histories import About
from trailkeeper.views.history_request import HistoryKey
from trailkeeper.views.path_ids import ID

Id = Annotated[str, Path(min_length=1)]


class HistoryKind(NamedTuple):
    """One kind of history.

    Attributes:
        path: below the API's root. An id may hold slashes; what follows it is fixed.
        title: completes "Events of ...".
        note_key: a dependency that notes in ``request.state.history`` which history the path names.
    """

    path: str
    title: str
    note_key: Callable[..., Any]


def _by_id(about: About) -> Callable[..., Any]:
    async def note_key(request: Request, id: Id) -> None:  # noqa: A002 - the name in the path
        request.state.history = HistoryKey(about, id)

    return note_key


async def _note_all(request: Request) -> None:
    request.state.history = HistoryKey("all", None)


HISTORIES = (
    HistoryKind(f"/users/{ID}", "a user", _by_id("user")),
    HistoryKind(f"/projects/{ID}", "a project", _by_id("project")),
    HistoryKind(f"/organizations/{ID}", "an organization", _by_id("organization")),
    HistoryKind("", "everybody, for administrators", _note_all),
)
