"""The ids of sent events, and when each was sent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID


class Sent:
    """Ids of events that Redis confirmed, by time of confirmation. Thread-safe."""

    def __init__(self) -> None:
        self._moments: dict[UUID, datetime] = {}
        self._lock = threading.Lock()
        self.refused = 0
        """Events that Redis did not confirm, or that no worker could store."""

    def add(self, event_id: UUID, moment: datetime | None = None) -> None:
        """Add an event that was sent at *moment*, or now."""
        with self._lock:
            self._moments.setdefault(event_id, moment or datetime.now(UTC))

    def __len__(self) -> int:
        return len(self._moments)

    def moments(self) -> dict[UUID, datetime]:
        """When each event was sent."""
        with self._lock:
            return dict(self._moments)
