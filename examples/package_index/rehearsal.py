"""What scripted clients need and no stranger may have; served only with ``Settings(rehearsal=True)``.

It stands in for three things of the world outside: a mailbox, the issuer of
continuous integration's identities, and whoever appoints the staff. Only the
last of them changes who may do what, and is recorded.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from . import forms
from .access import user_named
from .audit import record
from .errors import Refusal
from .mail import APPLICATION
from .publishers import sign
from .services import services, settings, transaction

rehearsal = Blueprint("rehearsal", __name__, url_prefix="/rehearsal")


@rehearsal.post("/letter")
def letter() -> Any:
    """The last letter to an address."""
    email = forms.email(forms.body())
    if email not in services().letters:
        raise Refusal(404, "no letter for this address")
    return {"text": services().letters[email]}


@rehearsal.post("/identity")
def identity() -> Any:
    """The issuer's word for a workflow of a repository."""
    fields = forms.body()
    claims = {"repository": forms.repository(fields), "workflow": forms.workflow(fields)}
    return {"identity": sign(claims, settings().issuer_key)}


@rehearsal.post("/staff")
def appoint() -> Any:
    """Make a user one of the staff."""
    name = forms.name(forms.body(), "name")
    with transaction() as db:
        user = user_named(db, name)
        db.execute("UPDATE users SET staff = 1 WHERE id = ?", user.id)
        record("admin:user:flags:change", user=user, actor=APPLICATION, old_flags=[], new_flags=["staff"])
    return {"staff": user.name}
