"""Carries out admin commands one after another, each in the transaction that finishes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from trailkeeper.models import admin_commands
from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.models.backfills import NoSuchBackfill, WrongState
from trailkeeper.models.engine import transaction
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo
from trailkeeper.worker.backfills.parts import BackfillParts
from trailkeeper.worker.ingest.dead_letters import detail_text
from trailkeeper.worker.ingest.fates import RETRY

from .actions import carry_out, preview

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=30)
"""After so long without an end, the worker that began a command is gone; far above what one takes."""

ATTEMPTS = 10
KEPT = timedelta(days=30)
"""How long a finished command can be read, and its id be sent again without effect."""

DIED = f"workers began this {ATTEMPTS} times and never finished; see their logs"
OURS = "the worker failed; its log says why"

REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (NoSuchBackfill, "missing"),
    (NothingToDo, "nothing"),
    (WrongState, "state"),
    (InvalidRequest, "absurd"),
    (ValueError, "absurd"),  # what a filter's value should be
)


class AdminCommandExecutor:
    """Carries out admin commands.

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
            One of `ingest.RETRY`: what is not finished yet will be later.
        """
        with transaction(self._engine) as connection:
            admin_commands.delete_finished(connection, KEPT)
            waiting = admin_commands.waiting(connection, PATIENCE)
        for identity in waiting:
            outcome = self._carry_out(identity)
            if "backfill_id" in outcome:
                yield outcome["backfill_id"]

    def _carry_out(self, identity: UUID) -> dict[str, Any]:
        with transaction(self._engine) as connection:
            command = admin_commands.start(connection, identity, PATIENCE)
        if command is None:
            return {}  # somebody else has it
        try:
            return self._outcome(command)
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - the admin is answered, and it is logged
            return self._refused(command, error)

    def _outcome(self, command: AdminCommand) -> dict[str, Any]:
        if command.attempts > ATTEMPTS:
            return self._finished(command, {"refused": DIED, "why": "failed"})
        if command.action.startswith("preview_"):
            # reads for a while; a transaction of its own would stand idle
            return self._finished(command, preview(self._engine, self._parts, command))
        with transaction(self._engine) as connection:
            if not admin_commands.lock(connection, command.id):
                return {}
            outcome = carry_out(connection, self._parts.catalogue, command)
            admin_commands.finish(connection, command.id, outcome)
        return outcome

    def _refused(self, command: AdminCommand, error: Exception) -> dict[str, Any]:
        why = next((why for kind, why in REFUSALS if isinstance(error, kind)), None)
        if why is None:
            logger.error("admin command failed", extra={"command": str(command.id)}, exc_info=error)
            return self._finished(command, {"refused": OURS, "why": "failed"})
        # Postgres keeps no NUL in JSON
        return self._finished(command, {"refused": detail_text(str(error)), "why": why})

    def _finished(self, command: AdminCommand, outcome: dict[str, Any]) -> dict[str, Any]:
        with transaction(self._engine) as connection:
            admin_commands.finish(connection, command.id, outcome)
        return outcome
