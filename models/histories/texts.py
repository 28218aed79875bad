"""An event as text, to be shown and nothing else."""

from __future__ import annotations

from json import loads
from typing import Any, NamedTuple

import msgspec

_decode = msgspec.json.Decoder(dict[str, Any]).decode


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


def decoded(text: str | None) -> dict[str, Any]:
    """A JSON object of the table; none is an empty one."""
    if text is None:
        return {}
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):  # a number beyond what it knows, which Postgres takes
        found: dict[str, Any] = loads(text)
        return found
