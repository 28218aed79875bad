"""Organizations: a name under which people hold projects together."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint

from . import forms
from .access import owned_organization, owned_project, user_named
from .audit import record
from .errors import Refusal
from .identity import signed_in
from .records import Organization
from .services import metrics, transaction
from .store import new_id

organizations = Blueprint("organizations", __name__)


@organizations.post("/organizations")
def create() -> Any:
    """Make an organization, owned by who made it."""
    name = forms.name(forms.body(), "name")
    user = signed_in()
    organization = Organization(new_id(), name)
    with transaction() as db:
        try:
            db.execute("INSERT INTO organizations VALUES (?, ?)", organization.id, name)
        except sqlite3.IntegrityError as error:
            raise Refusal(409, "this name is taken") from error
        db.execute("INSERT INTO members VALUES (?, ?, 'owner')", organization.id, user.id)
        metrics().increment("package_index.organization.create")
        record("organization:create", organization=organization)
    return {"id": organization.id}, 201


@organizations.post("/organizations/<name>/members")
def add_member(name: str) -> Any:
    """Add somebody: an event in the organization's history, and one in theirs."""
    fields = forms.body()
    added, role = forms.name(fields, "user"), forms.choice(fields, "role", ("owner", "member"))
    with transaction() as db:
        organization, user = owned_organization(db, name), user_named(db, added)
        try:
            db.execute("INSERT INTO members VALUES (?, ?, ?)", organization.id, user.id, role)
        except sqlite3.IntegrityError as error:
            raise Refusal(409, "is a member already") from error
        metrics().increment("package_index.organization.member")
        record(
            "organization:organization_role:add",
            organization=organization,
            user=user,
            role_name=role,
        )
        record("account:organization_role:add", user=user, organization=organization, role_name=role)
    return {"added": user.name}, 201


@organizations.post("/organizations/<name>/projects")
def add_project(name: str) -> Any:
    """Bring a project in: an event in the organization's history, and one in the project's."""
    project_name = forms.name(forms.body(), "project")
    with transaction() as db:
        organization, project = owned_organization(db, name), owned_project(db, project_name)
        db.execute("UPDATE projects SET organization_id = ? WHERE id = ?", organization.id, project.id)
        metrics().increment("package_index.organization.project")
        record("organization:organization_project:add", organization=organization, project=project)
        record("project:organization_project:add", organization=organization, project=project)
    return {"added": project.name}, 201


@organizations.post("/organizations/<name>/delete")
def delete(name: str) -> Any:
    """Dissolve an organization; its projects stay with their owners, and its history stays."""
    forms.body()
    with transaction() as db:
        organization = owned_organization(db, name)
        db.execute("DELETE FROM organizations WHERE id = ?", organization.id)
        metrics().increment("package_index.organization.delete")
        record("organization:delete", organization=organization)
    return {"deleted": organization.name}
