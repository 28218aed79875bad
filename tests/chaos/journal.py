"""What the web processes said of their events: the side of the books that the table is held against."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import msgspec

from .web import NOBODY

FIELDS = 4
KEPT = {"stream", "spooled", "logged"}
"""Outcomes after which the event must end up in the table."""


class Journal:
    """Receipts of all web processes. For any number of threads."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.ids: dict[UUID, str] = {}
        self.logged: list[bytes] = []
        self.longest_us = 0
        self._lock = threading.Lock()

    def read(self, lines: Iterable[bytes]) -> int:
        """Enter a process' lines until it ends.

        Returns:
            How many receipts there were.
        """
        number = 0
        for line in lines:
            if line.endswith(b"\n") and len(words := line.decode().split()) == FIELDS:
                self._enter(*words)
                number += 1
        return number

    def read_log(self, lines: Iterable[bytes]) -> list[bytes]:
        """Keep the events that a process' log holds whole.

        Returns:
            The other lines.
        """
        others = []
        for line in lines:
            _, found, said = line.partition(b"event_not_in_redis ")
            if found:
                event = msgspec.json.decode(said, type=dict[str, msgspec.Raw])["event"]
                with self._lock:
                    self.logged.append(bytes(event))
            else:
                others.append(line)
        return others

    @property
    def emitted(self) -> int:
        """How many emits said that their event is kept."""
        return sum(self.outcomes[outcome] for outcome in KEPT)

    def _enter(self, outcome: str, event_id: str, _request_id: str, micros: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
            self.longest_us = max(self.longest_us, int(micros))
            if event_id != NOBODY and outcome in KEPT:
                self.ids[UUID(event_id)] = outcome
