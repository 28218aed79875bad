"""An event as text, to be shown and nothing else."""

from __future__ import annotations

from typing import NamedTuple


class EventTexts(NamedTuple):
    """Columns of `events` by their names, as Postgres writes them: what `as_json` tells of, no more."""

    id: str
    tag: str
    scope: str
    occurred_at: str
    recorded_at: str
    user_id: str | None
    user_name: str | None
    project_id: str | None
    project_name: str | None
    organization_id: str | None
    organization_name: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    credential_kind: str | None
    credential_id: str | None
    credential_label: str | None
    on_behalf_of_id: str | None
    on_behalf_of_name: str | None
    ip: str | None
    location_id: int | None
    client_id: int | None
    request_id: str | None
    additional: str | None
