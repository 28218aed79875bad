"""What was sent: the ids to look for in the table, and when each was on its way."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID


class Sent:
    """Ids of events that Redis confirmed, by time of confirmation. For several threads at once."""

    def __init__(self) -> None:
        self._moments: dict[UUID, datetime] = {}
        self._lock = threading.Lock()
        self.refused = 0
        """Events that Redis did not confirm, or that no worker could store."""

    def add(self, event_id: UUID, moment: datetime | None = None) -> None:
        """Note an event that is on its way since *moment*, or since now."""
        with self._lock:
            self._moments.setdefault(event_id, moment or datetime.now(UTC))

    def __len__(self) -> int:
        return len(self._moments)

    def moments(self) -> dict[UUID, datetime]:
        """When each event was on its way."""
        with self._lock:
            return dict(self._moments)
