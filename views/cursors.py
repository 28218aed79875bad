"""Cursors as clients get them: opaque, and valid only for the question that they were made for.

A cursor is an event's id and scope and a code (HMAC) over them and the question. It hides
nothing: what is shown is decided again for every page. With the code, a cursor that
was altered or belongs to another question is an error instead of a wrong page.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

from trailkeeper.models.histories import EventKey, Question
from trailkeeper.models.tables import SCOPES

from .errors import InvalidCursor
from .secret import ViewsSecret

ID = 16  # bytes
PLACE = ID + 1  # the scope is one of four
CODE = 16
OLDER, NEWER = "older.", "newer."
EXPECTED = "expected one from an answer to this very question"


class Cursors:
    """Writes and reads cursors.

    Args:
        secret: the views' own, which all processes of a service share.
    """

    def __init__(self, secret: ViewsSecret) -> None:
        self._secret = secret

    def older(self, question: Question, place: EventKey | None) -> str | None:
        """The cursor for the events before a place; None for None."""
        return None if place is None else OLDER + self.write(question, place)

    def newer(self, question: Question, place: EventKey | None) -> str | None:
        """The cursor for the events after a place; None for None."""
        return None if place is None else NEWER + self.write(question, place)

    def start(self, question: Question, cursor: str | None) -> dict[str, EventKey]:
        """Where a page begins, as arguments of `Reader.page`.

        Raises:
            InvalidCursor: the cursor was altered, or belongs to another question.
        """
        match cursor:
            case None:
                return {}
            case str() if cursor.startswith(OLDER):
                return {"before": self.read(question, cursor.removeprefix(OLDER))}
            case str() if cursor.startswith(NEWER):
                return {"after": self.read(question, cursor.removeprefix(NEWER))}
            case _:
                raise InvalidCursor("the cursor has no direction")

    def write(self, question: Question, place: EventKey) -> str:
        """The code of a place in the answer to a question, without a direction."""
        return base64.urlsafe_b64encode(_raw(place) + self._code(question, place)).decode().rstrip("=")

    def read(self, question: Question, cursor: str) -> EventKey:
        """The place that a code stands for.

        Raises:
            InvalidCursor: it was altered, or made for another question.
        """
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error) as error:
            raise InvalidCursor(f"the cursor cannot be read; {EXPECTED}") from error
        if len(raw) != PLACE + CODE or raw[ID] >= len(SCOPES):
            raise InvalidCursor(f"the cursor is cut off or too long; {EXPECTED}")
        place = EventKey(UUID(bytes=raw[:ID]), SCOPES[raw[ID]])
        if not hmac.compare_digest(raw[PLACE:], self._code(question, place)):
            raise InvalidCursor(f"the cursor belongs to another question, or was altered; {EXPECTED}")
        return place

    def _code(self, question: Question, place: EventKey) -> bytes:
        key = self._secret.key("cursors")
        return hmac.digest(key, _raw(place) + _canonical(question), "sha256")[:CODE]


def _raw(place: EventKey) -> bytes:
    return place.id.bytes + bytes([SCOPES.index(place.scope)])


def _canonical(question: Question) -> bytes:
    """The same for questions that ask the same."""
    values = vars(question) | {"tags": sorted(set(question.tags))}
    return json.dumps(values, sort_keys=True, default=_text).encode()


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
