"""What tests of purge, scrub, erasure and holds need: events with personal data, and reading them back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from tests.support.drains import query
from tests.support.rows import event_row, store, store_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import ClientRow, LocationRow, NetworkRow

NOW = datetime.now(UTC).replace(microsecond=0)
PLACE = {"display": "Paris, FR", "source": "test", "build": "1"}
NETWORK = {"display": "AS64496 Example", "asn": 64496, "operator": "Example", "source": "test", "build": "1"}
AGENT = {"display": "twine", "kind": "installer", "source": "test", "build": "1"}


def days_ago(days: float) -> datetime:
    """A moment before `NOW`."""
    return NOW - timedelta(days=days)


def derivations(engine: Engine, user_agent: str = "twine/6") -> dict[str, int]:
    """A location, a client and a network, as columns of an event that points to them."""
    digest = user_agent.encode()
    location = store_in(engine, LocationRow, digest=digest, **PLACE)
    client = store_in(engine, ClientRow, digest=digest, user_agent=user_agent, **AGENT)
    network = store_in(engine, NetworkRow, digest=digest, **NETWORK)
    return {"location_id": location, "client_id": client, "network_id": network}


def stored(engine: Engine, occurred_at: datetime, **columns: Any) -> UUID:
    """One event; returns its id."""
    row = event_row(occurred_at, **columns)
    store(engine, row)
    tell_statistics(engine)
    found: UUID = row["id"]
    return found


def tell_statistics(engine: Engine) -> None:
    """Let Postgres count now what this connection did; otherwise it does so within ten seconds."""
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))


def event(engine: Engine, identity: UUID) -> dict[str, Any]:
    """All columns of an event."""
    with transaction(engine) as connection:
        found = connection.execute(text("SELECT * FROM events WHERE id = :id"), {"id": identity})
        return dict(found.mappings().one())


def count(engine: Engine) -> int:
    """How many events are stored, without those that tell what was done to the trail."""
    with transaction(engine) as connection:
        counted = text("SELECT count(*) FROM events WHERE scope <> 'system'")
        return int(connection.execute(counted).scalar_one())


def told(database_url: str, tag: str) -> list[dict[str, Any]]:
    """The payloads of the events of a tag, oldest first."""
    found = query(database_url, "SELECT additional FROM events WHERE tag = :tag ORDER BY id", tag=tag)
    return [row["additional"] for row in found]
