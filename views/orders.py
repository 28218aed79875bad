"""What admins ask for: written down here, carried out by a worker.

The views only read the trail. The one thing that they write is a row of `orders`: who asks for what.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from trailkeeper.models import orders
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.orders import StoredOrder
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import admin_commands_key

from .errors import NotFound
from .problems import Problem
from .settings import ViewsSettings
from .stream import connected
from .viewer import Viewer

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""How long an answer waits for a worker; what takes longer is looked at later."""

LOOK_SECONDS = 0.05
HINT_SECONDS = 0.5
HINT_LIFE = 60
NOT_ALLOWED = "42501"

ONLY_READS = (
    "this service may only read: its database role has no right to insert into orders; use the command line,"
    " trailkeeper backfill and trailkeeper dead-letters"
)


class Orders:
    """Places orders, and looks what became of them.

    Args:
        placing: connections that may insert into `orders`.
        reading: connections that can only read.
        settings: where Redis is.
        patience: seconds.
    """

    def __init__(
        self, placing: Engine, reading: Engine, settings: ViewsSettings, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._placing = placing
        self._reading = reading
        self._settings = settings
        self._patience = patience

    def place(self, viewer: Viewer, action: str, given: Mapping[str, Any], identity: UUID) -> StoredOrder:
        """Place an order, or find the one of this id, and wait a little for what becomes of it.

        Raises:
            Problem: 409, the id was used for something else; 503, the role may not.
            StoreError: the database does not answer; send the same again.
        """
        asked_by = viewer.user_id or "staff"
        try:
            with transaction(self._placing) as connection:
                found = orders.place(connection, identity, asked_by=asked_by, action=action, given=given)
        except StoreMisconfigured as error:
            if error.sqlstate == NOT_ALLOWED:
                raise Problem(503, ONLY_READS) from error
            raise
        if (found.asked_by, found.action, found.given) != (asked_by, action, dict(given)):
            raise Problem(409, "something else was asked for under this id; give each order an id of its own")
        return self._waited_for(found)

    def find(self, identity: UUID) -> StoredOrder:
        """One order.

        Raises:
            NotFound: there is none of this id.
        """
        with transaction(self._reading) as connection:
            found = orders.find(connection, identity)
        if found is None:
            raise NotFound(f"there is no order {identity}")
        return found

    def _waited_for(self, order: StoredOrder) -> StoredOrder:
        if order.done_at is None:
            self._hint()
        ends = time.monotonic() + self._patience
        while order.done_at is None and time.monotonic() < ends:
            time.sleep(LOOK_SECONDS)
            order = self.find(order.id)
        return order

    def _hint(self) -> None:
        """Have workers look at once; without it beat has them look within ten seconds."""
        try:
            with connected(self._settings, HINT_SECONDS) as client:
                client.set(admin_commands_key(self._settings.stream), "1", ex=HINT_LIFE)
        except StreamUnavailable as error:
            logger.warning("an order waits until beat looks: %s", error)
