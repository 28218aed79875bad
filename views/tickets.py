"""What a form carries so that it is known to be ours, and so that sending it twice is sending it once.

A ticket is an id for what the form asks for, and a code over it and the viewer. A
page of another site can send a form in a viewer's name; it cannot know a code.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from trailkeeper.producer.ids import moment_of, uuid7

from .problems import Problem
from .settings import ViewsSettings
from .viewer import Viewer

PURPOSE = b"trailkeeper ticket 1"
LIFE = timedelta(hours=24)
AHEAD = timedelta(minutes=1)
NOT_OURS = "this form is not one of ours, or not for you; load the page again"
OLD = "this form is more than a day old; load the page again"


class Ticket(NamedTuple):
    """The two hidden fields of a form."""

    order: str
    code: str


class Tickets:
    """Writes and reads tickets.

    Args:
        settings: with what every process of a service shares and nobody else knows.
    """

    def __init__(self, settings: ViewsSettings) -> None:
        shared = settings.token_secret or settings.database_url
        self._key = hmac.digest(shared.encode(), PURPOSE, "sha256")

    def write(self, viewer: Viewer, now: datetime | None = None) -> Ticket:
        """A new one, for one form."""
        order = str(uuid7(now or datetime.now(UTC)))
        return Ticket(order, self._code(viewer, order))

    def read(self, viewer: Viewer, order: str, code: str, action: str) -> UUID:
        """The id of what the form asks for; the same each time the same button of the same form is pressed.

        Raises:
            Problem: 403, the ticket is not ours, not this viewer's, or old.
        """
        if not hmac.compare_digest(self._code(viewer, order).encode(), code.encode()):
            raise Problem(403, NOT_OURS)
        identity = UUID(order)
        if not -AHEAD < datetime.now(UTC) - moment_of(identity) < LIFE:
            raise Problem(403, OLD)
        return uuid5(identity, action)

    def _code(self, viewer: Viewer, order: str) -> str:
        said = f"{order}\0{viewer.user_id or ''}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, "sha256").hex()[:32]
