"""Changing a password, and setting a new one when the old is forgotten."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from . import forms, mail
from .access import user_named
from .accounts import confirm_password
from .audit import record, user_actor
from .errors import Refusal
from .identity import caller, signed_in
from .passwords import hashed, is_compromised
from .records import User
from .services import metrics, reading, settings, transaction
from .store import Database

password_routes = Blueprint("password_routes", __name__)


@password_routes.post("/account/password")
def change() -> Any:
    """Set a new password; every other session ends."""
    fields = forms.body()
    user = signed_in()
    confirm_password(user, forms.password(fields, "old"))
    stored = _acceptable(user, forms.password(fields, "new"))
    with transaction() as db:
        _set(db, user, stored, keep_session=caller().session_id)
        metrics().increment("package_index.password.change")
        record("account:password:change", user=user)
        mail.send(user, "Your password was changed", "")
    return {"changed": True}


@password_routes.post("/account/password/forgotten")
def request_reset() -> Any:
    """Ask for a letter with a code. Anybody may, so the actor is anonymous and the user the subject."""
    name = forms.name(forms.body(), "name")
    with transaction() as db:
        user = user_named(db, name)
        code = mail.new_code(db, user, "reset")
        metrics().increment("package_index.password.reset_request")
        record("account:password:reset:request", user=user)
        mail.send(user, "Set a new password", code)
    return {"sent": True}


@password_routes.post("/account/password/reset")
def reset() -> Any:
    """Set a new password with the code from the letter; every session ends."""
    fields = forms.body()
    code, password = forms.text(fields, "code"), forms.password(fields, "new")
    with reading() as db:
        user = mail.owner_of_code(db, code, "reset")
    stored = _acceptable(user, password)
    with transaction() as db:
        mail.use_code(db, code, "reset")
        _set(db, user, stored, keep_session=None)
        metrics().increment("package_index.password.reset")
        record("account:password:reset", user=user, actor=user_actor(user, "mailed_code"))
        mail.send(user, "Your password was changed", "")
    return {"changed": True}


def disable(db: Database, user: User, *, reason: str) -> None:
    """Make the password useless, so that the user must set a new one by mail."""
    _set(db, user, None, keep_session=None)
    metrics().increment("package_index.password.disabled", tags=[f"reason:{reason}"])
    record("account:password:disable", user=user, reason=reason)
    mail.send(user, "Your password no longer works", "")


def _acceptable(user: User, password: str) -> str:
    if not is_compromised(password):
        return hashed(password, cost=settings().password_cost)
    metrics().increment("package_index.password.compromised")
    record("account:password:compromised", user=user, reason="known_to_attackers")
    raise Refusal(400, "this password is known to attackers; choose another")


def _set(db: Database, user: User, stored: str | None, *, keep_session: str | None) -> None:
    db.execute("UPDATE users SET password = ? WHERE id = ?", stored, user.id)
    db.execute("DELETE FROM sessions WHERE user_id = ? AND id IS NOT ?", user.id, keep_session)
