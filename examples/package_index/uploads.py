"""Uploading a file, as twine does it: the first of a project makes it, the first of a version releases it."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from flask import Blueprint, request

from . import forms
from .access import project_named, uploadable
from .audit import record
from .errors import Refusal
from .identity import caller
from .records import Project, User
from .services import desk, metrics, transaction
from .store import Database, new_id

uploads = Blueprint("uploads", __name__)


@uploads.post("/legacy/")
def upload() -> Any:
    """One file with name and version, by token.

    Whose token does not matter here: the actor was settled by identity.py, and
    reads "alice" with the token's label or the workflow that was trusted.
    """
    if caller().token is None:
        raise Refusal(401, "uploads need a token")
    name, version = forms.name(request.form, "name"), forms.version(request.form)
    filename, content = _content()
    with transaction() as db:
        project = _find_or_create(db, name)
        uploadable(db, project)
        _check(project, version, filename, content)
        _release(db, project, version)
        _insert_file(db, project, version, filename, content)
        metrics().increment("package_index.upload")
        record("file:add", project=project, filename=filename, version=version, **_provenance())
    return {"project": project.name, "filename": filename}, 201


def _content() -> tuple[str, bytes]:
    file = request.files.get("content")
    if file is None:
        raise Refusal(400, "content must be a file")
    return forms.filename({"filename": file.filename}), file.read()


def _check(project: Project, version: str, filename: str, content: bytes) -> None:
    """Refuse, and record, what somebody with every right may not upload now.

    Who has no right on the project is refused before, and only counted: a
    stranger must not be able to fill a history that is kept for ever.
    """
    reason = (
        "quarantine" if project.quarantined else "too_large" if len(content) > project.upload_limit else None
    )
    if reason is None:
        return
    metrics().increment("package_index.upload.refused", tags=[f"reason:{reason}"])
    record("file:refuse", project=project, filename=filename, version=version, reason=reason)
    raise Refusal(403 if project.quarantined else 413, f"refused: {reason}")


def _find_or_create(db: Database, name: str) -> Project:
    try:
        return project_named(db, name)
    except Refusal:
        return _create(db, name, caller().user)


def _create(db: Database, name: str, user: User | None) -> Project:
    """A new project, whose first owner is who uploaded; their history tells of the role as well."""
    token = caller().token
    if user is None or token is None or token.project_id is not None:
        raise Refusal(403, "this token is for another project")
    if desk().prohibits(name):
        raise Refusal(403, "this name is prohibited")
    project_id = new_id()
    db.execute("INSERT INTO projects (id, name) VALUES (?, ?)", project_id, name)
    db.execute("INSERT INTO roles VALUES (?, ?, 'owner')", project_id, user.id)
    project = project_named(db, name)
    metrics().increment("package_index.project.created")
    record("project:create", project=project)
    record("project:role:add", project=project, user=user, role_name="owner")
    record("account:role:add", user=user, project=project, role_name="owner")
    return project


def _release(db: Database, project: Project, version: str) -> None:
    if not db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?, NULL)", project.id, version):
        return
    metrics().increment("package_index.release.added")
    record("project:release:add", project=project, version=version, **_provenance())


def _insert_file(db: Database, project: Project, version: str, filename: str, content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?)", project.id, filename, version, len(content), sha256
        )
    except sqlite3.IntegrityError as error:
        raise Refusal(409, "a file of that name exists") from error


def _provenance() -> dict[str, Any]:
    publisher = caller().publisher
    if publisher is None:
        return {"uploaded_via_trusted_publisher": False}
    return {"uploaded_via_trusted_publisher": True, "publisher_url": publisher.url}
