"""Who may do what on a project. Each change is two events with one request id.

One is in the project's history, for all its owners; the other in the history
of the person whose role it is, who may never own the project.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from . import forms, mail
from .access import ROLES, owned_project, project_named, role_of, user_named
from .audit import record
from .errors import Refusal
from .identity import by_id, signed_in
from .records import Project, User
from .services import metrics, transaction
from .store import Database

roles = Blueprint("roles", __name__)


@roles.post("/projects/<name>/invitations")
def invite(name: str) -> Any:
    """Offer a role; it is theirs when they accept."""
    fields = forms.body()
    invited, role = forms.name(fields, "user"), forms.choice(fields, "role", ROLES)
    with transaction() as db:
        project, user = owned_project(db, name), user_named(db, invited)
        if role_of(db, project, user):
            raise Refusal(409, "has a role already")
        db.execute("INSERT OR REPLACE INTO invitations VALUES (?, ?, ?)", project.id, user.id, role)
        metrics().increment("package_index.role.invite")
        record("project:role:invite", project=project, user=user, role_name=role)
        record("account:role:invite", user=user, project=project, role_name=role)
        mail.send(user, f"You are invited to {project.name}", project.name)
    return {"invited": user.name, "id": user.id}, 201


@roles.post("/projects/<name>/invitations/revoke")
def revoke(name: str) -> Any:
    """Take an invitation back."""
    invited = forms.name(forms.body(), "user")
    with transaction() as db:
        project, user = owned_project(db, name), user_named(db, invited)
        role = _take_invitation(db, project, user)
        metrics().increment("package_index.role.revoke_invite")
        record("project:role:revoke_invite", project=project, user=user, role_name=role)
        record("account:role:revoke_invite", user=user, project=project, role_name=role)
    return {"revoked": user.name}


@roles.post("/projects/<name>/invitations/accept")
def accept(name: str) -> Any:
    """Take the role that was offered."""
    forms.body()
    user = signed_in()
    with transaction() as db:
        project = project_named(db, name)
        role = _take_invitation(db, project, user)
        db.execute("INSERT INTO roles VALUES (?, ?, ?)", project.id, user.id, role)
        metrics().increment("package_index.role.add")
        record("project:role:add", project=project, user=user, role_name=role)
        record("account:role:add", user=user, project=project, role_name=role)
    return {"role": role}


@roles.post("/projects/<name>/invitations/decline")
def decline(name: str) -> Any:
    """Leave the role that was offered."""
    forms.body()
    user = signed_in()
    with transaction() as db:
        project = project_named(db, name)
        role = _take_invitation(db, project, user)
        metrics().increment("package_index.role.decline_invite")
        record("project:role:decline_invite", project=project, user=user, role_name=role)
        record("account:role:decline_invite", user=user, project=project, role_name=role)
    return {"declined": role}


@roles.post("/projects/<name>/roles/change")
def change(name: str) -> Any:
    """Give somebody the other role."""
    fields = forms.body()
    target, role = forms.name(fields, "user"), forms.choice(fields, "role", ROLES)
    with transaction() as db:
        project, user = owned_project(db, name), user_named(db, target)
        _keep_an_owner(db, project, user)
        statement = "UPDATE roles SET role = ? WHERE project_id = ? AND user_id = ? AND role <> ?"
        if not db.execute(statement, role, project.id, user.id, role):
            raise Refusal(409, "has no other role")
        metrics().increment("package_index.role.change")
        record("project:role:change", project=project, user=user, role_name=role)
        record("account:role:change", user=user, project=project, role_name=role)
    return {"role": role}


@roles.post("/projects/<name>/roles/remove")
def remove(name: str) -> Any:
    """Take somebody's role away."""
    target = forms.name(forms.body(), "user")
    with transaction() as db:
        project, user = owned_project(db, name), user_named(db, target)
        _keep_an_owner(db, project, user)
        role = role_of(db, project, user)
        if not db.execute("DELETE FROM roles WHERE project_id = ? AND user_id = ?", project.id, user.id):
            raise Refusal(404, "has no role")
        metrics().increment("package_index.role.remove")
        record("project:role:remove", project=project, user=user, role_name=role)
        record("account:role:remove", user=user, project=project, role_name=role)
    return {"removed": user.name}


def collaborators_of(db: Database, project: Project) -> list[tuple[User, str]]:
    """Everybody with a role on a project, and the role."""
    ids = db.column("SELECT user_id FROM roles WHERE project_id = ? ORDER BY user_id", project.id)
    users = [by_id(db, user_id) for user_id in ids]
    return [(user, str(role_of(db, project, user))) for user in users]


def _take_invitation(db: Database, project: Project, user: User) -> str:
    given = (project.id, user.id)
    role = db.value("SELECT role FROM invitations WHERE project_id = ? AND user_id = ?", *given)
    if role is None:
        raise Refusal(404, "no such invitation")
    db.execute("DELETE FROM invitations WHERE project_id = ? AND user_id = ?", *given)
    return str(role)


def _keep_an_owner(db: Database, project: Project, leaving: User) -> None:
    statement = "SELECT count(*) FROM roles WHERE project_id = ? AND role = 'owner' AND user_id <> ?"
    if not db.value(statement, project.id, leaving.id):
        raise Refusal(409, "a project keeps at least one owner")
