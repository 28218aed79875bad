"""What owners and maintainers do with a project: yank, rename, delete."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint

from . import forms
from .access import maintained_project, owned_project
from .audit import record
from .errors import Refusal
from .roles import collaborators_of
from .services import metrics, transaction
from .store import Database

projects = Blueprint("projects", __name__)


@projects.post("/projects/<name>/releases/<version>/yank")
def yank(name: str, version: str) -> Any:
    """Keep a release from new installations, and say why."""
    reason = forms.text(forms.body(), "reason", at_most=300, default="")
    with transaction() as db:
        project = maintained_project(db, name)
        _change_release(
            db,
            "UPDATE releases SET yanked = ? WHERE project_id = ? AND version = ?",
            reason,
            project.id,
            version,
        )
        metrics().increment("package_index.release.yank")
        record("project:release:yank", project=project, version=version, yanked_reason=reason)
    return {"yanked": version}


@projects.post("/projects/<name>/releases/<version>/unyank")
def unyank(name: str, version: str) -> Any:
    """Offer a release again."""
    forms.body()
    with transaction() as db:
        project = maintained_project(db, name)
        _change_release(
            db, "UPDATE releases SET yanked = NULL WHERE project_id = ? AND version = ?", project.id, version
        )
        metrics().increment("package_index.release.unyank")
        record("project:release:unyank", project=project, version=version)
    return {"unyanked": version}


@projects.post("/projects/<name>/releases/<version>/remove")
def remove_release(name: str, version: str) -> Any:
    """Delete a release and its files; each file is an event of its own."""
    forms.body()
    with transaction() as db:
        project = owned_project(db, name)
        statement = "SELECT filename FROM files WHERE project_id = ? AND version = ?"
        files = db.column(statement, project.id, version)
        _change_release(db, "DELETE FROM releases WHERE project_id = ? AND version = ?", project.id, version)
        metrics().increment("package_index.release.remove")
        record("project:release:remove", project=project, version=version)
        for filename in files:
            record("file:remove", project=project, version=version, filename=filename)
    return {"removed": version}


@projects.post("/projects/<name>/rename")
def rename(name: str) -> Any:
    """Take another name. The id stays, and with it the whole history."""
    new_name = forms.name(forms.body(), "name")
    with transaction() as db:
        project = owned_project(db, name)
        try:
            db.execute("UPDATE projects SET name = ? WHERE id = ?", new_name, project.id)
        except sqlite3.IntegrityError as error:
            raise Refusal(409, "this name is taken") from error
        metrics().increment("package_index.project.rename")
        record("project:rename", project=project, old_name=project.name, new_name=new_name)
    return {"name": new_name}


@projects.post("/projects/<name>/delete")
def delete(name: str) -> Any:
    """Delete a project; its history stays, and its collaborators read in theirs where their role went."""
    forms.body()
    with transaction() as db:
        project = owned_project(db, name)
        collaborators = collaborators_of(db, project)
        db.execute("DELETE FROM projects WHERE id = ?", project.id)
        metrics().increment("package_index.project.delete")
        record("project:delete", project=project)
        for user, role in collaborators:
            record("account:role:remove", user=user, project=project, role_name=role)
    return {"deleted": project.name}


def _change_release(db: Database, statement: str, *values: object) -> None:
    if not db.execute(statement, *values):
        raise Refusal(404, "no such release")
