"""Cursors as clients get them: opaque, and valid only for the question that they were made for.

A cursor is an event's id and a code (HMAC) over the id and the question. It hides
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

from trailkeeper.models.histories import Question

from .errors import InvalidCursor
from .settings import ViewsSettings

ID = 16  # bytes
CODE = 16
OLDER, NEWER = "older.", "newer."
PURPOSE = b"trailkeeper cursor 1"
EXPECTED = "expected one from an answer to this very question"


class Cursors:
    """Writes and reads cursors.

    Args:
        settings: with a secret that all processes of a service share: the token secret, or without one the
            database URL.
    """

    def __init__(self, settings: ViewsSettings) -> None:
        secret = settings.token_secret or settings.database_url
        self._key = hmac.digest(secret.encode(), PURPOSE, "sha256")

    def older(self, question: Question, place: UUID | None) -> str | None:
        """The cursor for the events before a place; None for None."""
        return None if place is None else OLDER + self.write(question, place)

    def newer(self, question: Question, place: UUID | None) -> str | None:
        """The cursor for the events after a place; None for None."""
        return None if place is None else NEWER + self.write(question, place)

    def start(self, question: Question, cursor: str | None) -> dict[str, UUID]:
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

    def write(self, question: Question, place: UUID) -> str:
        """The code of a place in the answer to a question, without a direction."""
        return base64.urlsafe_b64encode(place.bytes + self._code(question, place)).decode().rstrip("=")

    def read(self, question: Question, cursor: str) -> UUID:
        """The place that a code stands for.

        Raises:
            InvalidCursor: it was altered, or made for another question.
        """
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=", altchars=b"-_", validate=True)
        except (ValueError, binascii.Error) as error:
            raise InvalidCursor(f"the cursor cannot be read; {EXPECTED}") from error
        if len(raw) != ID + CODE:
            raise InvalidCursor(f"the cursor is cut off or too long; {EXPECTED}")
        place = UUID(bytes=raw[:ID])
        if not hmac.compare_digest(raw[ID:], self._code(question, place)):
            raise InvalidCursor(f"the cursor belongs to another question, or was altered; {EXPECTED}")
        return place

    def _code(self, question: Question, place: UUID) -> bytes:
        return hmac.digest(self._key, place.bytes + _canonical(question), "sha256")[:CODE]


def _canonical(question: Question) -> bytes:
    """The same for questions that ask the same."""
    values = vars(question) | {"tags": sorted(set(question.tags))}
    return json.dumps(values, sort_keys=True, default=_text).encode()


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
