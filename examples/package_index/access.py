"""Looking up what a request names, for those who may."""

from __future__ import annotations

from .errors import Refusal
from .identity import caller, signed_in
from .records import Organization, Project, User
from .store import Database

ROLES = ("owner", "maintainer")


def user_named(db: Database, name: str) -> User:
    """The user of that name, or 404."""
    user = db.one(User, "SELECT * FROM users WHERE name = ?", name)
    if user is None:
        raise Refusal(404, "no such user")
    return user


def project_named(db: Database, name: str) -> Project:
    """The project of that name, or 404."""
    project = db.one(Project, "SELECT * FROM projects WHERE name = ?", name)
    if project is None:
        raise Refusal(404, "no such project")
    return project


def owned_project(db: Database, name: str) -> Project:
    """The project of that name for a person who owns it; else 401, 403 or 404."""
    return _project(db, name, signed_in(), ("owner",))


def maintained_project(db: Database, name: str) -> Project:
    """The project of that name for a person who owns or maintains it; else 401, 403 or 404."""
    return _project(db, name, signed_in(), ROLES)


def role_of(db: Database, project: Project, user: User) -> str | None:
    """``owner``, ``maintainer`` or None."""
    role: str | None = db.value(
        "SELECT role FROM roles WHERE project_id = ? AND user_id = ?", project.id, user.id
    )
    return role


def uploadable(db: Database, project: Project) -> None:
    """Pass where the request's token may upload to *project*; else 403."""
    token, user = caller().token, caller().user
    if token is not None and token.project_id not in (None, project.id):
        raise Refusal(403, "this token is for another project")
    if user is not None and role_of(db, project, user) is None:
        raise Refusal(403, "you have no role on this project")


def owned_organization(db: Database, name: str) -> Organization:
    """The organization of that name for a person who owns it; else 401, 403 or 404."""
    user = signed_in()
    organization = db.one(Organization, "SELECT * FROM organizations WHERE name = ?", name)
    if organization is None:
        raise Refusal(404, "no such organization")
    statement = "SELECT role FROM members WHERE organization_id = ? AND user_id = ?"
    if db.value(statement, organization.id, user.id) != "owner":
        raise Refusal(403, "owners only")
    return organization


def _project(db: Database, name: str, user: User, roles: tuple[str, ...]) -> Project:
    project = project_named(db, name)
    if role_of(db, project, user) not in roles:
        raise Refusal(403, "you lack the role for that on this project")
    return project
