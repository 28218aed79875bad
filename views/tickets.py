"""What a form carries so that we know it is ours, and so that sending it twice acts once.

A ticket is an id for the command that the form sends, and a code (HMAC) over the id and
the viewer. A page of another site can send a form in a viewer's name, but cannot know a code.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from trailkeeper.producer.ids import moment_of, uuid7

from .problems import Problem
from .secret import ViewsSecret
from .viewer import Viewer

LIFE = timedelta(hours=24)
AHEAD = timedelta(minutes=1)
NOT_OURS = "this form was not made for you by this service; reload the page"
OLD = "this form is more than a day old; reload the page"


class Ticket(NamedTuple):
    """The two hidden fields of a form."""

    id: str
    code: str


class Tickets:
    """Writes and reads tickets.

    Args:
        secret: the views' own, which all processes of a service share.
    """

    def __init__(self, secret: ViewsSecret) -> None:
        self._secret = secret

    def write(self, viewer: Viewer, now: datetime | None = None) -> Ticket:
        """A new one, for one form."""
        form_id = str(uuid7(now or datetime.now(UTC)))
        return Ticket(form_id, self._code(viewer, form_id))

    def read(self, viewer: Viewer, form_id: str, code: str, action: str) -> UUID:
        """The id of the command: the same each time the same button of the same form is pressed.

        Raises:
            Problem: 403, the ticket is not ours, not this viewer's, or old.
        """
        if not hmac.compare_digest(self._code(viewer, form_id).encode(), code.encode()):
            raise Problem(403, NOT_OURS)
        identity = UUID(form_id)
        if not -AHEAD < datetime.now(UTC) - moment_of(identity) < LIFE:
            raise Problem(403, OLD)
        return uuid5(identity, action)

    def _code(self, viewer: Viewer, form_id: str) -> str:
        signed = f"{form_id}\0{viewer.user_id or ''}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret.key("tickets"), signed, "sha256").hex()[:32]
