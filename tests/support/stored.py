"""Stored events for tests without a database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.support.rows import NOON
from trailkeeper.models.histories import StoredClient, StoredEvent, StoredLocation, StoredNetwork

EVENT_ID = UUID("019a8700-0000-7000-8000-000000000001")
PLACE = StoredLocation(
    id=1,
    display="Berlin, DE",
    reason=None,
    city="Berlin",
    region=None,
    country="Germany",
    country_code="DE",
    latitude=52.5,
    longitude=13.4,
    asn=None,
    source="test",
    build="1",
)
CLIENT = StoredClient(
    id=1,
    user_agent="Mozilla/5.0",
    display="Firefox (Ubuntu)",
    kind="browser",
    name="Firefox",
    version="140",
    os="Ubuntu",
    device=None,
    source="test",
    build="1",
)
NETWORK = StoredNetwork(
    id=1, display="AS64496 Example", asn=64496, operator="Example", source="test", build="1"
)


def stored(tag: str, **columns: Any) -> StoredEvent:
    """An event of *tag* with every personal thing that an event can have, and *columns* over that."""
    values: dict[str, Any] = dict.fromkeys(StoredEvent.__dataclass_fields__)
    values |= {
        "id": EVENT_ID,
        "occurred_at": NOON,
        "recorded_at": NOON,
        "scope": tag.partition(":")[0],
        "tag": tag,
        "actor_kind": "user",
        "actor_id": "u-actor",
        "actor_name": "acting",
        "credential_kind": "api_token",
        "credential_id": "token-9",
        "credential_label": "laptop",
        "ip": "192.0.2.7",
        "request_id": "request-1",
        "location": PLACE,
        "client": CLIENT,
        "network": NETWORK,
    }
    return StoredEvent(**values | columns)
