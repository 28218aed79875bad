"""Signing in, in one step or two, and out. The place to learn who the actor is while nobody is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from trailkeeper.producer.frames import current

from . import forms, mail
from .audit import record, user_actor
from .errors import Refusal
from .identity import COOKIE, caller, signed_in
from .one_time_codes import accepted_step
from .password_routes import disable
from .passwords import digest, is_compromised, matches
from .rate_limit import Attempt
from .records import User
from .services import metrics, reading, services, settings, transaction
from .store import Database, new_id, new_secret

login = Blueprint("login", __name__)

TICKET_SECONDS = 300.0


@login.post("/login")
def first_step() -> Any:
    """Name and password. With a second factor the answer is a ticket for `second_step`."""
    fields = forms.body()
    name, password = forms.text(fields, "name", at_most=63), forms.password(fields)
    with reading() as db:
        user = db.one(User, "SELECT * FROM users WHERE name = ?", name)
    _limit("account:login:rate_limited", name, user)
    stored = user.password if user else None
    if not matches(password, stored, cost=settings().password_cost) or user is None:
        raise _failure(user, "invalid_password" if user else "unknown_user")
    if is_compromised(password):
        with transaction() as db:
            disable(db, user, reason="compromised")
        raise Refusal(403, "your password is known to attackers and was disabled; set a new one by mail")
    with transaction() as db:
        if user.totp_secret:
            return {"ticket": mail.new_code(db, user, "second_step", seconds=TICKET_SECONDS)}
        return _signed_in(db, user, "none")


@login.post("/login/second-factor")
def second_step() -> Any:
    """The ticket, and a code from the phone or a recovery code."""
    fields = forms.body()
    ticket = forms.text(fields, "ticket")
    method = forms.choice(fields, "method", ("totp", "recovery_code"))
    code = forms.text(fields, "code", at_most=40)
    with transaction() as db:
        user = mail.owner_of_code(db, ticket, "second_step")
        _limit("account:two_factor:rate_limited", user.name, user)
        if _good(db, user, method, code):
            mail.use_code(db, ticket, "second_step")
            return _signed_in(db, user, method)
    raise _failure(user, f"invalid_{method}")


@login.post("/logout")
def log_out() -> Any:
    """End this session."""
    user = signed_in()
    with transaction() as db:
        db.execute("DELETE FROM sessions WHERE id = ?", caller().session_id)
        metrics().increment("package_index.logout")
        record("account:logout", user=user)
    response = jsonify(signed_out=user.name)
    response.delete_cookie(COOKIE)
    return response


def _limit(tag: str, name: str, user: User | None) -> None:
    """Refuse who tried too often; the first time it is recorded, after that only counted."""
    attempt = services().login_limit.attempt(f"name {name.lower()}", f"address {current().ip}")
    if attempt is Attempt.ALLOWED:
        return
    metrics().increment("package_index.login.rate_limited")
    if attempt is Attempt.REFUSED_FIRST:
        record(tag, user=user)
    raise Refusal(429, "too many attempts; wait a while")


def _failure(user: User | None, reason: str) -> Refusal:
    """The person named is whom it is about; who did it is anonymous, and stays so."""
    metrics().increment("package_index.login.failure", tags=[f"reason:{reason}"])
    record("account:login:failure", user=user, reason=reason)
    return Refusal(401, "name, password or code is wrong")


def _good(db: Database, user: User, method: str, code: str) -> bool:
    if method == "totp":
        assert user.totp_secret is not None  # there is no ticket without
        step = accepted_step(user.totp_secret, code, now=settings().now(), after=user.totp_step)
        db.execute("UPDATE users SET totp_step = coalesce(?, totp_step) WHERE id = ?", step, user.id)
        return step is not None
    if not db.execute("DELETE FROM recovery_codes WHERE digest = ? AND user_id = ?", digest(code), user.id):
        return False
    record("account:recovery_codes:use", user=user, actor=user_actor(user, "recovery_code"))
    return True


def _signed_in(db: Database, user: User, method: str) -> Response:
    session_id, secret = new_id(), new_secret()
    db.execute("INSERT INTO sessions VALUES (?, ?, ?)", session_id, digest(secret), user.id)
    services().login_limit.forget(f"name {user.name.lower()}")
    metrics().increment("package_index.login.success", tags=[f"method:{method}"])
    actor = user_actor(user, "session", credential_id=session_id)
    record(
        "account:login:success",
        user=user,
        actor=actor,
        two_factor_method=method,
        two_factor_label=user.totp_label or "",
    )
    response = jsonify(name=user.name)
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=request.is_secure)
    return response
