"""Setting up a second factor, taking it away, and its recovery codes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from . import forms
from .accounts import confirm_password
from .audit import record
from .errors import Refusal
from .identity import signed_in
from .one_time_codes import accepted_step, new_recovery_codes, new_secret
from .passwords import digest
from .records import User
from .services import metrics, settings, transaction
from .store import Database

second_factor = Blueprint("second_factor", __name__)


@second_factor.get("/account/second-factor")
def propose() -> Any:
    """A secret to show to the authenticator application; nothing has changed yet, so nothing is recorded."""
    signed_in()
    return {"secret": new_secret()}


@second_factor.post("/account/second-factor")
def add() -> Any:
    """Take the proposed secret into use, with a code that shows the phone has it."""
    fields = forms.body()
    secret, code = forms.secret(fields), forms.text(fields, "code", at_most=6)
    label = forms.text(fields, "label", at_most=60)
    user = signed_in()
    step = accepted_step(secret, code, now=settings().now(), after=0)
    if step is None:
        raise Refusal(400, "this code is wrong or too old")
    statement = "UPDATE users SET totp_secret = ?, totp_label = ?, totp_step = ? WHERE id = ?"
    with transaction() as db:
        db.execute(statement, secret, label, step, user.id)
        codes = _replace_codes(db, user)
        metrics().increment("package_index.second_factor.added")
        record("account:two_factor:method:add", user=user, method="totp", label=label)
        record("account:recovery_codes:generate", user=user)
    return {"recovery_codes": codes}


@second_factor.post("/account/second-factor/remove")
def remove() -> Any:
    """Do without; asks for the password once more."""
    user = signed_in()
    confirm_password(user, forms.password(forms.body()))
    if user.totp_secret is None:
        raise Refusal(409, "there is no second factor")
    statement = "UPDATE users SET totp_secret = NULL, totp_label = NULL WHERE id = ?"
    with transaction() as db:
        db.execute(statement, user.id)
        db.execute("DELETE FROM recovery_codes WHERE user_id = ?", user.id)
        metrics().increment("package_index.second_factor.removed")
        record("account:two_factor:method:remove", user=user, method="totp", label=user.totp_label or "")
    return {"removed": True}


@second_factor.post("/account/recovery-codes")
def regenerate() -> Any:
    """New recovery codes in place of the old."""
    user = signed_in()
    confirm_password(user, forms.password(forms.body()))
    with transaction() as db:
        codes = _replace_codes(db, user)
        metrics().increment("package_index.recovery_codes.regenerated")
        record("account:recovery_codes:regenerate", user=user)
    return {"recovery_codes": codes}


def _replace_codes(db: Database, user: User) -> list[str]:
    codes = new_recovery_codes()
    db.execute("DELETE FROM recovery_codes WHERE user_id = ?", user.id)
    for code in codes:
        db.execute("INSERT INTO recovery_codes VALUES (?, ?)", digest(code), user.id)
    return codes
