"""Takes orders one after another, carries each out in the transaction that settles it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models import admin_commands
from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.models.backfills import NoSuchBackfill, WrongState
from trailkeeper.models.engine import transaction
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo
from trailkeeper.worker.backfills.parts import BackfillParts
from trailkeeper.worker.ingest.fates import RETRY

from .actions import carry_out, preview

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=30)
"""After so long without an end, whoever began with an order is gone; far above what one takes."""

ATTEMPTS = 10
KEPT = timedelta(days=30)
"""How long a settled order can be looked at, and its id be sent again without effect."""

DIED = f"workers began with this {ATTEMPTS} times and did not come to an end; see their logs"
OURS = "something went wrong in the worker; it is in its log"

REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (NoSuchBackfill, "missing"),
    (NothingToDo, "nothing"),
    (WrongState, "state"),
    (InvalidRequest, "absurd"),
    (ValueError, "absurd"),  # what a filter's value should be
)


class AdminCommandExecutor:
    """Carries out orders.

    Args:
        engine: the database.
        parts: what backfills work with; previews use it.
    """

    def __init__(self, engine: Engine, parts: BackfillParts) -> None:
        self._engine = engine
        self._parts = parts

    def run(self) -> Iterator[int]:
        """Carry out whatever waits; yields each backfill that is to begin, once that is committed.

        Raises:
            One of `fates.RETRY`: what is not settled yet will be later.
        """
        with transaction(self._engine) as connection:
            admin_commands.delete_finished(connection, KEPT)
            found = admin_commands.waiting(connection, PATIENCE)
        for identity in found:
            outcome = self._carry_out(identity)
            if "backfill_id" in outcome:
                yield outcome["backfill_id"]

    def _carry_out(self, identity: UUID) -> dict[str, Any]:
        with transaction(self._engine) as connection:
            order = admin_commands.start(connection, identity, PATIENCE)
        if order is None:
            return {}  # somebody else has it
        try:
            return self._outcome(order)
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - told to who asked, and logged
            return self._refused(order, error)

    def _outcome(self, order: AdminCommand) -> dict[str, Any]:
        if order.attempts > ATTEMPTS:
            return self._settled(order, {"refused": DIED, "why": "failed"})
        if order.action.startswith(
            "preview_"
        ):  # reads for a while; a transaction of its own would stand idle
            return self._settled(order, preview(self._engine, self._parts, order))
        with transaction(self._engine) as connection:
            if not admin_commands.lock(connection, order.id):
                return {}
            outcome = carry_out(connection, self._parts.catalogue, order)
            admin_commands.finish(connection, order.id, outcome)
        return outcome

    def _refused(self, order: AdminCommand, error: Exception) -> dict[str, Any]:
        why = next((why for kind, why in REFUSALS if isinstance(error, kind)), None)
        if why is None:
            logger.error("order failed", extra={"order": str(order.id)}, exc_info=error)
            return self._settled(order, {"refused": OURS, "why": "failed"})
        return self._settled(order, {"refused": str(error), "why": why})

    def _settled(self, order: AdminCommand, outcome: dict[str, Any]) -> dict[str, Any]:
        with transaction(self._engine) as connection:
            self._settle(connection, order, outcome)
        return outcome

    def _settle(self, connection: Connection, order: AdminCommand, outcome: dict[str, Any]) -> None:
        # Postgres keeps no NUL in JSON
        told = outcome | ({"refused": outcome["refused"].replace("\0", "?")} if "refused" in outcome else {})
        admin_commands.finish(connection, order.id, told)
