"""Trusted publishers: continuous integration uploads with an identity in place of a stored secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
from typing import Any

from flask import Blueprint

from . import forms
from .access import owned_project
from .audit import publisher_actor, record
from .errors import Refusal
from .identity import by_id, signed_in
from .passwords import digest
from .records import Project, Publisher
from .services import metrics, settings, transaction
from .store import Database, new_id, new_secret

publishers = Blueprint("publishers", __name__)

TOKEN_SECONDS = 900.0


@publishers.post("/projects/<name>/publishers")
def add(name: str) -> Any:
    """Trust one workflow of one repository."""
    fields = forms.body()
    repository, workflow = forms.repository(fields), forms.workflow(fields)
    with transaction() as db:
        project = owned_project(db, name)
        publisher = Publisher(new_id(), project.id, repository, workflow, signed_in().id)
        try:
            db.execute("INSERT INTO publishers VALUES (?, ?, ?, ?, ?)", *vars(publisher).values())
        except sqlite3.IntegrityError as error:
            raise Refusal(409, "this publisher is trusted already") from error
        metrics().increment("package_index.publisher.added")
        record("project:oidc:publisher:add", project=project, **_described(publisher))
    return {"id": publisher.id}, 201


@publishers.post("/projects/<name>/publishers/<publisher_id>/remove")
def remove(name: str, publisher_id: str) -> Any:
    """Trust it no more; its tokens go with it."""
    statement = "SELECT * FROM publishers WHERE id = ? AND project_id = ?"
    with transaction() as db:
        project = owned_project(db, name)
        publisher = db.one(Publisher, statement, publisher_id, project.id)
        if publisher is None:
            raise Refusal(404, "no such publisher")
        db.execute("DELETE FROM publishers WHERE id = ?", publisher.id)
        metrics().increment("package_index.publisher.removed")
        record("project:oidc:publisher:remove", project=project, **_described(publisher))
    return {"removed": publisher.display}


@publishers.post("/publishers/token")
def exchange() -> Any:
    """A token of a quarter of an hour, for a workflow that shows the issuer's word for who it is."""
    fields = forms.body()
    claims = _claims(forms.text(fields, "identity", at_most=2000))
    repository, workflow = forms.repository(claims), forms.workflow(claims)
    statement = (
        "SELECT b.* FROM publishers b JOIN projects p ON p.id = b.project_id"
        " WHERE b.repository = ? AND b.workflow = ? AND p.name = ?"
    )
    with transaction() as db:
        publisher = db.one(Publisher, statement, repository, workflow, forms.name(fields, "project"))
        if publisher is None:
            raise Refusal(403, "no project trusts this workflow")
        project = db.one(Project, "SELECT * FROM projects WHERE id = ?", publisher.project_id)
        secret, expires = _short_lived(db, publisher)
        metrics().increment("package_index.publisher.token")
        record(
            "project:short_lived_api_token:add",
            project=project,
            actor=publisher_actor(publisher, None, by_id(db, publisher.added_by)),
            expires=int(expires),
            publisher_name=publisher.display,
            publisher_url=publisher.url,
        )
    return {"token": secret}, 201


def _short_lived(db: Database, publisher: Publisher) -> tuple[str, float]:
    """A new token in a publisher's name, and when it expires."""
    secret, now = new_secret(), settings().now()
    db.execute("DELETE FROM tokens WHERE expires < ?", now)
    db.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, NULL, ?, ?)",
        new_id(),
        digest(secret),
        publisher.display,
        now + TOKEN_SECONDS,
        publisher.id,
        publisher.project_id,
    )
    return secret, now + TOKEN_SECONDS


def sign(claims: dict[str, str], key: bytes) -> str:
    """What the issuer does: claims and a signature, each in base 64, joined by a full stop."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
    return f"{payload.decode()}.{hmac.new(key, payload, hashlib.sha256).hexdigest()}"


def _claims(identity: str) -> dict[str, Any]:
    payload, _, signature = identity.partition(".")
    expected = hmac.new(settings().issuer_key, payload.encode(), hashlib.sha256).hexdigest()
    if not settings().issuer_key or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Refusal(403, "this identity is not signed by the issuer we trust")
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload))
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "this identity is not readable") from error
    if not isinstance(claims, dict):
        raise Refusal(400, "this identity is not readable")
    return claims


def _described(publisher: Publisher) -> dict[str, Any]:
    return {
        "publisher": "GitHub",
        "id": publisher.id,
        "specifier": publisher.display,
        "url": publisher.url,
    }
