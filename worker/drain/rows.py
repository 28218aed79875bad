"""An accepted event as the row that COPY carries, in the order of `models.writing.COLUMNS`."""

from __future__ import annotations

from typing import Any

import msgspec

from models.writing import Row

from .messages import Accepted

_json = msgspec.json.Encoder()


def row_of(accepted: Accepted, location_id: int | None, client_id: int | None) -> Row:
    """The row of one event; an alias of a tag is stored as the tag."""
    event = accepted.event
    user, project, organization, actor = event.user, event.project, event.organization, event.actor
    credential, principal = actor.credential, actor.on_behalf_of
    return (
        str(event.id),
        event.occurred_at.isoformat(),
        None if location_id is None else str(location_id),
        None if client_id is None else str(client_id),
        accepted.event_type.scope,
        accepted.event_type.tag,
        user and user.id,
        user and user.name,
        project and project.id,
        project and project.name,
        organization and organization.id,
        organization and organization.name,
        actor.kind,
        actor.id,
        actor.name,
        credential and credential.kind,
        credential and credential.id,
        credential and credential.label,
        principal and principal.id,
        principal and principal.name,
        event.ip,
        event.request_id,
        _jsonb(event.additional),
        _jsonb(accepted.extras),
    )


def _jsonb(value: dict[str, Any] | None) -> str | None:
    return _json.encode(value).decode() if value else None
