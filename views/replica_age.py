"""How old is what a replica of Postgres shows: until when its changes were carried out."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import Engine, text

from trailkeeper.models.engine import transaction

from .viewer import Viewer

FRESH_SECONDS = 1.0
HEADER = "Trailkeeper-As-Of"
"""Of answers that were read from a replica: everything that was stored by then is in them."""

_REPLAYED = text("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp() END")


class ReplicaAge:
    """Asks a replica, at most once a second.

    Args:
        engine: of the replica; None where everything is read from the server that takes writes.
    """

    def __init__(self, engine: Engine | None) -> None:
        self._engine = engine
        self._known: tuple[float, datetime | None] | None = None

    def as_of(self, viewer: Viewer) -> datetime | None:
        """When the last change was made that the replica has; None where what is read is of now.

        Nothing that was stored until then is missing. While nothing is stored it stands still, and would
        tell when something is, also what the viewer may not see: only staff are told more than the minute.

        Raises:
            StoreError: the replica does not answer.
        """
        replayed = self._replayed()
        if replayed is None or viewer.staff:
            return replayed
        return replayed.replace(second=0, microsecond=0)

    def _replayed(self) -> datetime | None:
        if self._engine is None:
            return None
        if self._known is None or time.monotonic() - self._known[0] > FRESH_SECONDS:
            with transaction(self._engine) as connection:
                self._known = time.monotonic(), connection.scalar(_REPLAYED)
        return self._known[1]


def age_headers(as_of: datetime | None) -> dict[str, str]:
    """What an answer says of it."""
    return {} if as_of is None else {HEADER: as_of.isoformat(timespec="milliseconds")}
