"""Names that no new project may have: the staff's list, in whose transactions its events are."""

from __future__ import annotations

from typing import Any

from . import forms
from .admin import admin
from .audit import record_with
from .desk import ProhibitedName
from .errors import Refusal
from .services import desk, metrics


@admin.post("/prohibited-names")
def prohibit() -> Any:
    """Let nobody take a name."""
    fields = forms.body()
    name, reason = forms.name(fields, "name").lower(), forms.text(fields, "reason")
    with desk().transaction() as session:
        session.merge(ProhibitedName(name=name, reason=reason))
        metrics().increment("package_index.name.prohibit")
        record_with(session, "admin:prohibited_name:add", name=name, reason=reason)
    return {"prohibited": name}, 201


@admin.post("/prohibited-names/remove")
def allow() -> Any:
    """Let a name be taken again."""
    name = forms.name(forms.body(), "name").lower()
    with desk().transaction() as session:
        prohibited = session.get(ProhibitedName, name)
        if prohibited is None:
            raise Refusal(404, "is not prohibited")
        session.delete(prohibited)
        metrics().increment("package_index.name.allow")
        record_with(session, "admin:prohibited_name:remove", name=name, reason=prohibited.reason)
    return {"allowed": name}
