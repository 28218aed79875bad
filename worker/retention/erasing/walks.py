"""One erasure, and its walks through the events: some at a time, each time in a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models import holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Erasure
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.retention import records
from trailkeeper.worker.retention.personal import PersonalKeys
from trailkeeper.worker.retention.windows import LOWEST

from . import events


class ErasureJob(NamedTuple):
    """One erasure; without `identity` it only counts."""

    engine: Engine
    known: Catalogue
    keys: PersonalKeys
    user_id: str
    identity: int | None

    @property
    def writes(self) -> bool:
        """Whether it does what it counts."""
        return self.identity is not None

    def add(self, connection: Connection, **numbers: int) -> None:
        """Add to the erasure's record."""
        if self.identity is not None:
            records.count(connection, Erasure, self.identity, **numbers)


def named(job: ErasureJob, scope: str) -> Iterator[tuple[list[UUID], Connection]]:
    """The events of a scope that name the user."""
    after = LOWEST
    while True:
        with transaction(job.engine) as connection:
            holds.wait_for_holds(connection)
            ids = events.page(connection, job.user_id, scope, after)
            if not ids:
                return
            yield ids, connection
        after = ids[-1]


def windows(job: ErasureJob, scope: str) -> Iterator[tuple[events.EventWindow, Connection]]:
    """All events of a scope."""
    after: UUID | None = LOWEST
    while after is not None:
        with transaction(job.engine) as connection:
            holds.wait_for_holds(connection)
            window = events.window(connection, scope, after)
            yield window, connection
        after = window.edge
