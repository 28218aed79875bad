"""An accepted event as the row that COPY carries, in the order of `models.writing.COLUMNS`."""

from __future__ import annotations

from typing import Any

import msgspec

from models.writing import Row, Values, row

from .messages import Accepted

_json = msgspec.json.Encoder()


def row_of(
    accepted: Accepted, location_id: int | None, client_id: int | None, producer_id: int | None = None
) -> Row:
    """The row of one event.

    JSON writes what COPY would have to escape with a backslash; so where the
    message has none, which is nearly always, no text of it needs a look.
    """
    payload = accepted.message.payload
    plain = payload is not None and b"\\" not in payload
    return row(values_of(accepted, location_id, client_id, producer_id), plain=plain)


def values_of(
    accepted: Accepted, location_id: int | None, client_id: int | None, producer_id: int | None = None
) -> Values:
    """The values of one event's row; an alias of a tag is stored as the tag."""
    event = accepted.event
    user, project, organization, actor = event.user, event.project, event.organization, event.actor
    credential, principal = actor.credential, actor.on_behalf_of
    return (
        f"{event.id.int:032x}",  # half the time of str()
        event.occurred_at.isoformat(),
        None if location_id is None else str(location_id),
        None if client_id is None else str(client_id),
        accepted.event_type.scope,
        accepted.event_type.tag,
        user.id if user else None,
        user.name if user else None,
        project.id if project else None,
        project.name if project else None,
        organization.id if organization else None,
        organization.name if organization else None,
        actor.kind,
        actor.id,
        actor.name,
        credential.kind if credential else None,
        credential.id if credential else None,
        credential.label if credential else None,
        principal.id if principal else None,
        principal.name if principal else None,
        event.ip,
        event.request_id,
        _jsonb(event.additional),
        _jsonb(accepted.extras),
        None if producer_id is None else str(producer_id),
        None if producer_id is None else str(event.seq),
    )


def _jsonb(value: dict[str, Any] | None) -> str | None:
    return _json.encode(value).decode() if value else None
