"""Cursors as they are handed out: opaque, and good for the question they were made for only.

A cursor is an event's id and a code over id and question. It hides nothing: whose
events are shown is decided anew with every page. The code makes a cursor that was
altered, or belongs to another question, an error instead of a page from nowhere.
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
PURPOSE = b"trailkeeper cursor 1"
EXPECTED = "expected one that an answer to this very question named"


class Cursors:
    """Writes and reads cursors.

    Args:
        settings: with what every process of a service shares and nobody else knows: the token secret,
            or without one the database's URL.
    """

    def __init__(self, settings: ViewsSettings) -> None:
        shared = settings.token_secret or settings.database_url
        self._key = hmac.digest(shared.encode(), PURPOSE, "sha256")

    def write(self, question: Question, place: UUID | None) -> str | None:
        """The cursor of a place in the answer to a question; None for None."""
        if place is None:
            return None
        return base64.urlsafe_b64encode(place.bytes + self._code(question, place)).decode().rstrip("=")

    def read(self, question: Question, cursor: str) -> UUID:
        """The place that a cursor stands for.

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
