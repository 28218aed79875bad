"""API tokens: secrets with which a script acts for a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from . import forms
from .access import maintained_project
from .audit import record
from .errors import Refusal
from .identity import signed_in
from .passwords import digest
from .records import Project, Token
from .services import metrics, transaction
from .store import new_id, new_secret

tokens = Blueprint("tokens", __name__)


@tokens.post("/account/tokens")
def add() -> Any:
    """Make a token for everything, or for one project; it is shown this once.

    The event names the token by its label. The secret itself is no one's to
    read later, the history's readers included.
    """
    fields = forms.body()
    label = forms.text(fields, "label", at_most=60)
    scope = forms.name(fields, "project") if fields.get("project") else None
    user = signed_in()
    token_id, secret = new_id(), new_secret()
    with transaction() as db:
        project = maintained_project(db, scope) if scope else None
        db.execute(
            "INSERT INTO tokens (id, digest, label, user_id, project_id) VALUES (?, ?, ?, ?, ?)",
            token_id,
            digest(secret),
            label,
            user.id,
            project and project.id,
        )
        metrics().increment("package_index.token.added")
        record("account:api_token:add", user=user, description=label, caveats=_caveats(project))
        if project:
            record("project:api_token:add", project=project, description=label)
    return {"id": token_id, "token": secret}, 201


@tokens.post("/account/tokens/<token_id>/remove")
def remove(token_id: str) -> Any:
    """Make a token useless."""
    user = signed_in()
    with transaction() as db:
        token = db.one(Token, "SELECT * FROM tokens WHERE id = ? AND user_id = ?", token_id, user.id)
        if token is None:
            raise Refusal(404, "no such token")
        project = db.one(Project, "SELECT * FROM projects WHERE id = ?", token.project_id)
        db.execute("DELETE FROM tokens WHERE id = ?", token.id)
        metrics().increment("package_index.token.removed")
        record("account:api_token:remove", user=user, macaroon_id=token.id, description=token.label)
        if project:
            record("project:api_token:remove", project=project, description=token.label)
    return {"removed": token.label}


def _caveats(project: Project | None) -> list[str]:
    return [f"project {project.name}"] if project else []
