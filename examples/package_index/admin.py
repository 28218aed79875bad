"""What the staff does. Here, and only here, a person's actor is of kind staff."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from trailkeeper import set_actor

from . import forms
from .access import project_named, user_named
from .audit import record, staff_actor
from .errors import Refusal
from .identity import caller, signed_in
from .password_routes import disable
from .services import metrics, transaction

admin = Blueprint("admin", __name__, url_prefix="/admin")

LARGEST_LIMIT = 10_000_000_000  # bytes


@admin.before_request
def staff_only() -> None:
    """Let the staff in, and name them as staff from here on.

    The same person acts as a user everywhere else: it is the right used, and
    not the person, that makes an action one of the staff.
    """
    user = signed_in()
    if not user.staff:
        raise Refusal(403, "staff only")
    set_actor(staff_actor(user, str(caller().session_id)))


@admin.post("/projects/<name>/quarantine")
def quarantine(name: str) -> Any:
    """Stop a project's uploads while it is looked into."""
    forms.body()
    with transaction() as db:
        project = project_named(db, name)
        if not db.execute("UPDATE projects SET quarantined = 1 WHERE id = ? AND NOT quarantined", project.id):
            raise Refusal(409, "is in quarantine already")
        metrics().increment("package_index.quarantine.enter")
        record("project:quarantine:enter", project=project)
    return {"quarantined": project.name}


@admin.post("/projects/<name>/quarantine/lift")
def lift(name: str) -> Any:
    """Let a project go on."""
    forms.body()
    with transaction() as db:
        project = project_named(db, name)
        if not db.execute("UPDATE projects SET quarantined = 0 WHERE id = ? AND quarantined", project.id):
            raise Refusal(409, "is not in quarantine")
        metrics().increment("package_index.quarantine.exit")
        record("project:quarantine:exit", project=project)
    return {"lifted": project.name}


@admin.post("/projects/<name>/upload-limit")
def set_upload_limit(name: str) -> Any:
    """Allow larger or smaller files; the event tells the limit before and after."""
    limit = forms.body().get("bytes")
    if type(limit) is not int or not 0 < limit <= LARGEST_LIMIT:
        raise Refusal(400, f"bytes must be 1 to {LARGEST_LIMIT:,}")
    with transaction() as db:
        project = project_named(db, name)
        db.execute("UPDATE projects SET upload_limit = ? WHERE id = ?", limit, project.id)
        metrics().increment("package_index.upload_limit")
        record(
            "admin:project:set_upload_limit",
            project=project,
            old_upload_limit=project.upload_limit,
            new_upload_limit=limit,
        )
    return {"bytes": limit}


@admin.post("/users/<name>/disable-password")
def disable_password(name: str) -> Any:
    """Make a password useless that may be in wrong hands."""
    reason = forms.text(forms.body(), "reason", at_most=200)
    with transaction() as db:
        user = user_named(db, name)
        disable(db, user, reason=reason)
    return {"disabled": user.name}
