"""Whose histories there are, and where: the same five endpoints below each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

from fastapi import Path

from trailkeeper.models.histories import About


class Subject(NamedTuple):
    """Whose history is asked for."""

    about: About
    identity: str | None


class Whose(NamedTuple):
    """One kind of history.

    Attributes:
        path: below the API's root. An id may hold slashes; whatever follows it is fixed.
        title: completes "Events of ...".
        subject: reads the path.
    """

    path: str
    title: str
    subject: Callable[..., Subject]


Id = Annotated[str, Path(min_length=1, max_length=255)]


def _user(id: Id) -> Subject:  # noqa: A002 - the name in the path
    return Subject("user", id)


def _project(id: Id) -> Subject:  # noqa: A002 - as above
    return Subject("project", id)


def _organization(id: Id) -> Subject:  # noqa: A002 - as above
    return Subject("organization", id)


def _all() -> Subject:
    return Subject("all", None)


HISTORIES = (
    Whose("/users/{id:path}", "a user", _user),
    Whose("/projects/{id:path}", "a project", _project),
    Whose("/organizations/{id:path}", "an organization", _organization),
    Whose("", "everybody, for administrators", _all),
)
