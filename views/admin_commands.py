"""What admins ask workers to do: the views write the command down, a worker carries it out.

Otherwise the views only read. The one thing that they write is a row of `admin_commands`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from trailkeeper.models import admin_commands
from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import admin_commands_key

from .access_events import record_look
from .errors import NotFound
from .problems import Problem
from .settings import ViewsSettings
from .stream import connected
from .viewer import Viewer

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2.0
"""How long a response waits for a worker; the client asks again for what takes longer."""

POLL_SECONDS = 0.05
HINT_SECONDS = 0.5
HINT_EXPIRY = 60
NOT_ALLOWED = "42501"
PREVIEW = "preview_"

READ_ONLY_ROLE = (
    "this service may only read: its database role has no right to insert into admin_commands;"
    " use the command line, trailkeeper backfill and trailkeeper dead-letters"
)


class AdminCommandQueue:
    """Places commands, and tells what became of them.

    Args:
        writing: connections that may insert into `admin_commands`.
        reading: connections that can only read.
        settings: where Redis is.
        wait: seconds that a placed command is waited for.
    """

    def __init__(
        self, writing: Engine, reading: Engine, settings: ViewsSettings, wait: float = WAIT_SECONDS
    ) -> None:
        self._writing = writing
        self._reading = reading
        self._settings = settings
        self._wait = wait

    def place(
        self, viewer: Viewer, action: str, arguments: Mapping[str, Any], identity: UUID, request: Any = None
    ) -> AdminCommand:
        """Place a command, or find the one with this id, and wait a little for its outcome.

        A preview shows events, so that an admin asked for one is recorded first, with what *request* tells.
        What the others do, a worker records.

        Raises:
            Problem: 409, the id was used for another command; 503, the database role may not write.
            StoreError: the database does not answer; send the same again.
        """
        requested_by = viewer.user_id or "staff"
        _record_preview(viewer, action, arguments, request)
        try:
            with transaction(self._writing) as connection:
                command = admin_commands.submit(
                    connection, identity, requested_by=requested_by, action=action, arguments=arguments
                )
        except StoreMisconfigured as error:
            if error.sqlstate == NOT_ALLOWED:
                raise Problem(503, READ_ONLY_ROLE) from error
            raise
        if (command.requested_by, command.action, command.arguments) != (
            requested_by,
            action,
            dict(arguments),
        ):
            raise Problem(409, "this id was used for another command; give each command an id of its own")
        return self._finished(command)

    def get(self, viewer: Viewer, identity: UUID, request: Any = None) -> AdminCommand:
        """One command. A look at a preview that another admin asked for is recorded, too.

        Raises:
            NotFound: there is none with this id.
        """
        command = self._get(identity)
        if command.outcome is not None and command.requested_by != viewer.user_id:
            _record_preview(viewer, command.action, command.arguments, request)
        return command

    def _get(self, identity: UUID) -> AdminCommand:
        with transaction(self._reading) as connection:
            command = admin_commands.find(connection, identity)
        if command is None:
            raise NotFound(f"there is no command {identity}")
        return command

    def _finished(self, command: AdminCommand) -> AdminCommand:
        if command.finished_at is None:
            self._hint()
        end = time.monotonic() + self._wait
        while command.finished_at is None and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
            command = self._get(command.id)
        return command

    def _hint(self) -> None:
        """Tell workers to look now; without the hint beat has them look within ten seconds."""
        try:
            with connected(self._settings, HINT_SECONDS) as (client, stream):
                client.set(admin_commands_key(stream), "1", ex=HINT_EXPIRY)
        except StreamUnavailable as error:
            logger.warning("an admin command waits for the next run of beat: %s", error)


def _record_preview(viewer: Viewer, action: str, arguments: Mapping[str, Any], request: Any) -> None:
    if action.startswith(PREVIEW):
        kind, filters = action.removeprefix(PREVIEW), arguments.get("filters", arguments)
        record_look(viewer, "admin:backfill:preview", request, kind=kind, filters=filters)


def state_of(command: AdminCommand) -> str:
    """Where a command is: ``waiting``, ``done`` or ``refused``."""
    if command.outcome is None:
        return "waiting"
    return "refused" if "refused" in command.outcome else "done"
