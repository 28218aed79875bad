"""Whom the integrations take a framework's user for."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask_login import AnonymousUserMixin, UserMixin
from msgspec import UNSET
from starlette.authentication import SimpleUser, UnauthenticatedUser
from werkzeug.local import LocalProxy

from trailkeeper import Actor, InvalidEvent, RequestContext, Subject, bind, carry, emit, set_actor
from trailkeeper.integrations.users import RequestFrame, as_actor, record
from trailkeeper.producer.event import Requester
from trailkeeper.producer.frames import current, pop, push, running
from trailkeeper.producer.testing import recording

ADA = SimpleNamespace(id=7, name="ada")


class Token(UserMixin):  # type: ignore[misc]  # it has no types
    """A user of Flask-Login without a row."""

    def get_id(self) -> str:
        return "t7"


class Unnamed:
    id = 7

    @property
    def name(self) -> str:
        raise RuntimeError("the session is closed")


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
        (SimpleNamespace(id=7, username="", name="ada"), "7", "ada"),
        (SimpleNamespace(id=7, username="\u200b", display_name=b"ada"), "7", "ada"),
        (Unnamed(), "7", None),
        (SimpleNamespace(id=7, name=lambda language: "ada"), "7", None),
        (SimpleNamespace(id=7, is_authenticated=False, is_anonymous=False), "7", None),
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


EVE = Actor("user", "8")
ROBOT = Actor("service", "r")


class Session:
    """Whoever is signed in; a request's frame asks it."""

    user: Any = "7"

    def __call__(self) -> Any:
        if isinstance(self.user, Exception):
            raise self.user
        return self.user


def who() -> str | None:
    actor = current().actor
    return None if actor is None else actor.id


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session()
    token = push(RequestFrame(RequestContext(ip="192.0.2.1"), session))
    yield session
    pop(token)


@pytest.mark.parametrize("later", ["8", None])
def test_a_carried_function_has_the_user_of_when_it_was_carried(session: Session, later: str | None) -> None:
    job = carry(who)
    with bind(request_id="r2"):
        bound = carry(who)
    session.user = later
    assert (job(), bound(), who()) == ("7", "7", later)
    assert carry(job)() == "7"


def test_a_carried_function_of_nobody_has_the_user_who_becomes_known(session: Session) -> None:
    session.user = None
    job = carry(who)
    session.user = "8"
    assert job() == "8"


def test_an_actor_that_is_set_counts_for_what_was_carried_before_and_the_other_way_round(
    session: Session,
) -> None:
    job, become_robot = carry(who), carry(lambda: set_actor(ROBOT))
    set_actor(EVE)
    assert job() == "8"
    become_robot()
    assert who() == "r"
    with bind(actor=EVE):
        become_robot = carry(lambda: set_actor(ROBOT))
        become_robot()
        assert who() == "r"


def test_a_user_that_cannot_be_read_when_a_function_is_carried_is_read_when_an_event_needs_it(
    session: Session,
) -> None:
    session.user = OSError("no database")
    with recording():
        job = carry(who)
        session.user = "7"
        assert job() == "7"


@pytest.mark.parametrize("is_carried", [False, True])
def test_the_framework_s_user_keeps_the_request_s_address_whomever_the_application_sets(
    session: Session, is_carried: bool
) -> None:
    with recording() as recorder:
        (carry(set_actor) if is_carried else set_actor)(EVE)
        (carry(emit) if is_carried else emit)("account:password:change")
        with bind(request_id="r2"):
            emit("account:password:change")
        set_actor(Actor("user", "7"))
        emit("account:password:change")
    found = [(event.actor.id, event.ip, event.requested_by) for event in recorder.events]
    ada = Requester("user", "7")
    assert found == [("8", None, ada), ("8", None, ada), ("7", "192.0.2.1", UNSET)]


def test_whoever_signs_in_to_a_request_of_nobody_has_its_address(session: Session) -> None:
    session.user = None
    with recording() as recorder:
        set_actor(EVE)
        emit("account:password:change")
        session.user = "8"
        emit("account:password:change")
    assert [(event.ip, event.requested_by) for event in recorder.events] == [("192.0.2.1", UNSET)] * 2


def test_whoever_the_outer_application_sets_has_no_address_of_its_user_below_either(session: Session) -> None:
    set_actor(EVE)
    with recording() as recorder:
        token = push(RequestFrame(RequestContext(ip="192.0.2.1"), lambda: None, outer=running()))
        emit("account:password:change")
        set_actor(ROBOT)
        emit("account:password:change")
        pop(token)
    found = [(event.actor.id, event.ip, event.requested_by) for event in recorder.events]
    assert found == [("8", None, Requester("user", "7")), ("r", "192.0.2.1", UNSET)]


@pytest.mark.parametrize("is_carried", [False, True])
def test_who_else_acted_in_a_framework_s_request_is_known(session: Session, is_carried: bool) -> None:
    with recording() as recorder:
        with bind(actor=Actor("system")):
            (carry(emit) if is_carried else emit)("account:password:change")
        with bind(actor=EVE):
            (carry(emit) if is_carried else emit)("account:password:change")
    found = [(event.ip, event.requested_by) for event in recorder.events]
    assert found == [(None, Requester("user", "7"))] * 2


def test_loaders_of_users_one_within_the_other_may_emit(session: Session) -> None:
    def load() -> Any:
        emit("account:password:change")

    with recording() as recorder:
        outer = RequestFrame(RequestContext(), load)
        token = push(RequestFrame(RequestContext(), load, outer=outer))
        emit("account:password:change")
        pop(token)
    assert len(recorder.events) > 1


class Unreadable:
    is_authenticated = True

    @property
    def id(self) -> int:
        raise RuntimeError("the row is deleted")


@pytest.mark.parametrize("user", [Unreadable(), SimpleNamespace(id=None, username="ada"), object()])
def test_a_login_of_whoever_cannot_be_read_ends_nothing_and_is_kept_as_a_dead_letter(user: Any) -> None:
    with recording(on_invalid="quarantine") as recorder:
        record("account:logout", user)
    assert [kept.problem.partition(":")[0] for kept in recorder.invalid] == ["actor"]
    with recording(), pytest.raises(InvalidEvent, match="actor"):
        record("account:logout", user)
