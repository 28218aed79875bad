"""Who is asking: settled once a request, before any handler, and told to the producer once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from trailkeeper import Actor, set_actor

from .audit import publisher_actor, token_actor, user_actor
from .errors import Refusal
from .passwords import digest
from .records import Publisher, Token, User
from .services import reading, settings
from .store import Database

COOKIE = "session"


NOBODY = Actor(kind="anonymous")


@dataclass(frozen=True)
class Caller:
    """Who is asking, and with what."""

    actor: Actor = NOBODY
    user: User | None = None
    session_id: str | None = None
    token: Token | None = None
    publisher: Publisher | None = None


def identify() -> None:
    """Find out who is asking; from here on every event of the request names that actor.

    Raises:
        Refusal: 401, a token or session was given and it is not good.
    """
    secret = _given_token()
    with reading() as db:
        g.caller = _by_token(db, secret) if secret else _by_session(db)
    set_actor(g.caller.actor)


def caller() -> Caller:
    caller: Caller = g.caller
    return caller


def signed_in() -> User:
    """The person at the browser; 401 for anybody else, tokens among them."""
    user = caller().user
    if user is None or caller().session_id is None:
        raise Refusal(401, "sign in first")
    return user


def _given_token() -> str | None:
    """From ``Authorization: Bearer``, or as twine sends it: Basic with the user name ``__token__``."""
    given = request.authorization
    if given is None:
        return None
    return given.token if given.type == "bearer" else given.password


def _by_session(db: Database) -> Caller:
    secret = request.cookies.get(COOKIE)
    session_id = db.value("SELECT id FROM sessions WHERE digest = ?", digest(secret)) if secret else None
    if session_id is None:
        return Caller()
    user = db.one(
        User, "SELECT u.* FROM users u JOIN sessions s ON s.user_id = u.id WHERE s.id = ?", session_id
    )
    assert user is not None  # sessions go with their user
    return Caller(user_actor(user, "session", credential_id=session_id), user, session_id)


def _by_token(db: Database, secret: str) -> Caller:
    token = db.one(Token, "SELECT * FROM tokens WHERE digest = ?", digest(secret))
    if token is None or (token.expires is not None and token.expires < settings().now()):
        raise Refusal(401, "this token is not known, or no longer")
    if token.publisher_id is None:
        user = by_id(db, token.user_id)
        return Caller(token_actor(user, token), user, token=token)
    publisher = db.one(Publisher, "SELECT * FROM publishers WHERE id = ?", token.publisher_id)
    assert publisher is not None  # its tokens go with it
    actor = publisher_actor(publisher, token, by_id(db, publisher.added_by))
    return Caller(actor, token=token, publisher=publisher)


def by_id(db: Database, user_id: str | None) -> User:
    user = db.one(User, "SELECT * FROM users WHERE id = ?", user_id)
    assert user is not None  # every foreign key to users cascades
    return user
