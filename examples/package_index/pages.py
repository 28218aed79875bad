"""The few pages that people read."""

from __future__ import annotations

from flask import Blueprint, render_template

from .access import project_named
from .identity import signed_in
from .records import Project, Token
from .roles import collaborators_of
from .services import reading

pages = Blueprint("pages", __name__)


@pages.get("/")
def index() -> str:
    """The newest projects. Looking is not sensitive here, and so not recorded."""
    with reading() as db:
        projects = db.all(Project, "SELECT * FROM projects ORDER BY rowid DESC LIMIT 50")
    return render_template("index.html", projects=projects)


@pages.get("/projects/<name>/")
def project(name: str) -> str:
    """A project's releases and people."""
    statement = (
        "SELECT version || CASE WHEN yanked IS NULL THEN '' ELSE ' (yanked)' END"
        " FROM releases WHERE project_id = ? ORDER BY rowid DESC"
    )
    with reading() as db:
        project = project_named(db, name)
        releases = db.column(statement, project.id)
        people = [(user.name, role) for user, role in collaborators_of(db, project)]
    return render_template("project.html", project=project, releases=releases, people=people)


@pages.get("/account/")
def account() -> str:
    """One's own account and tokens."""
    user = signed_in()
    with reading() as db:
        tokens = db.all(Token, "SELECT * FROM tokens WHERE user_id = ? ORDER BY rowid DESC", user.id)
    return render_template("account.html", user=user, tokens=tokens)
