"""Registering, verifying an e-mail address, changing one's name, leaving."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint

from . import forms, mail
from .audit import record, user_actor
from .errors import Refusal
from .identity import signed_in
from .passwords import hashed, is_compromised, matches
from .records import Project, User
from .services import metrics, settings, transaction
from .store import Database, new_id

accounts = Blueprint("accounts", __name__)

MAINTAINED = "SELECT p.* FROM projects p JOIN roles r ON r.project_id = p.id WHERE r.user_id = ?"


@accounts.post("/accounts")
def register() -> Any:
    """Make an account. Nobody is signed in yet, so the new user is named as the actor."""
    fields = forms.body()
    name, email, password = forms.name(fields, "name"), forms.email(fields), forms.password(fields)
    if is_compromised(password):
        # nobody's history can hold this: there is no account, and there will be none
        metrics().increment("package_index.register.compromised_password")
        raise Refusal(400, "this password is known to attackers; choose another")
    stored = hashed(password, cost=settings().password_cost)
    with transaction() as db:
        user = _insert(db, name, email, stored)
        code = mail.new_code(db, user, "verify")
        metrics().increment("package_index.register")
        record("account:create", user=user, actor=user_actor(user), email=email)
        mail.send(user, "Verify your e-mail address", code)
    return {"name": user.name, "id": user.id}, 201


@accounts.post("/accounts/verify")
def verify() -> Any:
    """Show that the letter arrived. The code in it is the credential."""
    code = forms.text(forms.body(), "code")
    with transaction() as db:
        user = mail.use_code(db, code, "verify")
        db.execute("UPDATE users SET email_verified = 1 WHERE id = ?", user.id)
        metrics().increment("package_index.email.verified")
        record(
            "account:email:verify",
            user=user,
            actor=user_actor(user, "mailed_code"),
            email=user.email,
            primary=True,
        )
    return {"verified": user.email}


@accounts.post("/account/rename")
def rename() -> Any:
    """Take another name. The event carries the old one as the subject's, and both in its payload."""
    name = forms.name(forms.body(), "name")
    user = signed_in()
    with transaction() as db:
        try:
            db.execute("UPDATE users SET name = ? WHERE id = ?", name, user.id)
        except sqlite3.IntegrityError as error:
            raise Refusal(409, "this name is taken") from error
        metrics().increment("package_index.account.rename")
        record("account:rename", user=user, old_name=user.name, new_name=name)
    return {"name": name}


@accounts.post("/account/delete")
def delete() -> Any:
    """Leave. The history stays: it hangs on the id, and not on the row that goes."""
    user = signed_in()
    confirm_password(user, forms.password(forms.body()))
    with transaction() as db:
        if db.value("SELECT count(*) FROM roles WHERE user_id = ? AND role = 'owner'", user.id):
            raise Refusal(409, "delete or hand over your projects first")
        projects = db.all(Project, MAINTAINED, user.id)
        db.execute("DELETE FROM users WHERE id = ?", user.id)
        metrics().increment("package_index.account.delete")
        record("account:delete", user=user)
        for project in projects:
            record("project:role:remove", project=project, user=user, role_name="maintainer")
    return {"deleted": user.name}


def confirm_password(user: User, password: str) -> None:
    """Refuse with 403, and record, unless this is the password of the person signed in."""
    if matches(password, user.password, cost=settings().password_cost):
        return
    metrics().increment("package_index.reauthenticate.failure")
    record("account:reauthenticate:failure", user=user, reason="invalid_password")
    raise Refusal(403, "that is not your password")


def _insert(db: Database, name: str, email: str, password: str) -> User:
    user_id = new_id()
    statement = "INSERT INTO users (id, name, email, password) VALUES (?, ?, ?, ?)"
    try:
        db.execute(statement, user_id, name, email, password)
    except sqlite3.IntegrityError as error:
        raise Refusal(409, "this name is taken") from error
    return User(user_id, name, email, 0, password, 0, None, None, 0)
