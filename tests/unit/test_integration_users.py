"""Whom the integrations take a framework's user for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask_login import AnonymousUserMixin, UserMixin
from starlette.authentication import SimpleUser, UnauthenticatedUser
from werkzeug.local import LocalProxy

from trailkeeper import Actor, InvalidEvent, Subject
from trailkeeper.integrations.users import as_actor

ADA = SimpleNamespace(id=7, name="ada")


class Token(UserMixin):  # type: ignore[misc]  # it has no types
    """A user of Flask-Login without a row."""

    def get_id(self) -> str:
        return "t7"


@pytest.mark.parametrize(
    ("user", "user_id", "name"),
    [
        (ADA, "7", "ada"),
        (LocalProxy(lambda: ADA), "7", "ada"),
        (SimpleNamespace(pk=UUID(int=7), get_username=lambda: "ada"), str(UUID(int=7)), "ada"),
        (SimpleNamespace(id=0, username="root"), "0", "root"),
        ({"sub": "7", "name": "ada"}, "7", "ada"),
        ({"id": 7}, "7", None),
        (SimpleUser("ada"), "ada", "ada"),
        (Token(), "t7", None),
        ("7", "7", None),
        (7, "7", None),
        (("7", "ada"), "7", "ada"),
        (Subject("7", "ada"), "7", "ada"),
    ],
)
def test_a_user_is_known_by_id_and_name(user: Any, user_id: str, name: str | None) -> None:
    assert as_actor(user) == Actor(kind="user", id=user_id, name=name)


@pytest.mark.parametrize(
    "user",
    [
        None,
        "",
        UnauthenticatedUser(),
        AnonymousUserMixin(),
        SimpleNamespace(id=5, is_authenticated=False),
        SimpleNamespace(id=5, is_anonymous=lambda: True),
        {"id": "5", "is_authenticated": False},
        LocalProxy(lambda: None),
    ],
)
def test_nobody_is_nobody_even_with_an_id(user: Any) -> None:
    assert as_actor(user) is None


@pytest.mark.parametrize(
    "user",
    [
        object(),
        {},
        SimpleNamespace(id=None, username="7"),
        SimpleNamespace(pk=None, get_username=lambda: "7"),
        {"id": None, "username": "7"},
        SimpleNamespace(id=3.5),
        SimpleNamespace(id=[7]),
        True,
        b"7\xff",
    ],
)
def test_who_has_no_id_is_a_mistake_and_not_somebody_of_that_name(user: Any) -> None:
    with pytest.raises(InvalidEvent, match="actor"):
        as_actor(user)


def test_an_actor_is_left_as_it_is() -> None:
    actor = Actor(kind="staff", id="1")
    assert as_actor(actor) is actor
