"""Letters to users, and the secret codes in them."""

from __future__ import annotations

from trailkeeper import Actor, bind

from .audit import record
from .errors import Refusal
from .passwords import digest
from .records import User
from .services import services, settings
from .store import Database, new_secret

SENDER = "noreply@index.example"
APPLICATION = Actor(kind="system", name="package index")
HOUR = 3600.0
MOST_LETTERS = 1000


def send(user: User, subject: str, text: str) -> None:
    """Send a letter to a user, who can later tell from the history that it was ours.

    The application is the actor, whoever gave the cause; so the event has nobody's address.

    The last letters are kept in memory, which is where a real application
    would hand them to its mail server.
    """
    letters = services().letters
    letters[user.email] = text
    while len(letters) > MOST_LETTERS:
        letters.pop(next(iter(letters)), None)
    with bind(actor=APPLICATION):
        record("account:email:send", user=user, from_=SENDER, to=user.email, subject=subject)


def new_code(db: Database, user: User, purpose: str, *, seconds: float = HOUR) -> str:
    """A secret that works once, for one purpose and a while; only its digest is stored."""
    secret = new_secret()
    expires = settings().now() + seconds
    db.execute("DELETE FROM codes WHERE expires < ?", settings().now())
    db.execute("INSERT INTO codes VALUES (?, ?, ?, ?)", digest(secret), purpose, expires, user.id)
    return secret


def owner_of_code(db: Database, secret: str, purpose: str) -> User:
    """Whom a code was given to; the code stays good. Refuses with 400 what is wrong or too old."""
    statement = (
        "SELECT u.* FROM users u JOIN codes c ON c.user_id = u.id"
        " WHERE c.digest = ? AND c.purpose = ? AND c.expires > ?"
    )
    user = db.one(User, statement, digest(secret), purpose, settings().now())
    if user is None:
        raise Refusal(400, "this code is wrong, used or too old")
    return user


def use_code(db: Database, secret: str, purpose: str) -> User:
    """Whom a code was given to; the code works no more."""
    user = owner_of_code(db, secret, purpose)
    db.execute("DELETE FROM codes WHERE digest = ?", digest(secret))
    return user
