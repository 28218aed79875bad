"""Whether this machine's clock and Postgres' agree: one of them is wrong where they do not."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.status import server_facts
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.settings import WorkerSettings

CLOCK_SKEW = timedelta(hours=1)
FRESH_SECONDS = 60.0


def present(settings: WorkerSettings) -> datetime:
    """The time by which events are too old: this machine's, if Postgres' clock agrees.

    What a clock that is years ahead removes does not come back, and nothing of these years would be stored.

    Raises:
        StoreMisconfigured: the clocks differ.
        StoreError: the schema is missing, or the server is away.
    """
    with engine_for(settings, "clock") as engine, transaction(engine) as connection:
        theirs, ours = server_facts(connection).clock, datetime.now(UTC)
    _assert_agreement(theirs, ours, "nothing is purged or scrubbed")
    return ours


class Clocks:
    """The same for ingestion, which asks Postgres once a minute at most, and only where it matters."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: tuple[float, datetime] | None = None

    def assert_agreement(self, ours: datetime) -> None:
        """Find out whether messages may be rejected for their time.

        Args:
            ours: the time by which they would be.

        Raises:
            StoreMisconfigured: the clocks differ.
            StoreError: the server is away.
        """
        _assert_agreement(
            self._theirs(), ours, "no event is rejected for its time, and what came with it waits,"
        )

    def _theirs(self) -> datetime:
        now = time.monotonic()
        if self._known is None or now - self._known[0] > FRESH_SECONDS:
            with transaction(self._engine) as connection:
                self._known = now, server_facts(connection).clock
        asked, clock = self._known
        return clock + timedelta(seconds=now - asked)


def _assert_agreement(theirs: datetime, ours: datetime, otherwise: str) -> None:
    if abs(theirs - ours) > CLOCK_SKEW:
        raise StoreMisconfigured(
            f"its clock says {theirs:%Y-%m-%d %H:%M}, and this machine's {ours:%Y-%m-%d %H:%M};"
            f" set the wrong one: {otherwise} until they agree"
        )
