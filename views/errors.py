"""What the read side refuses on purpose; every path says it in its own way, as a status or a line."""

from __future__ import annotations

from typing import Literal

TokenProblem = Literal[
    "expired",
    "not_yet_valid",
    "wrong_audience",
    "wrong_issuer",
    "forged",
    "missing_claim",
    "malformed",
    "too_long",
    "revoked",
]


class ViewsError(Exception):
    """The person who asks caused it, and may be told so."""


class NotFound(ViewsError):  # noqa: N818 - read as a sentence: what was asked for is not found
    """A history or an event that the viewer may not see, or that is not there: the two look alike."""


class InvalidToken(ViewsError):  # noqa: N818 - pairs with InvalidCursor
    """A token that proves nothing.

    Attributes:
        reason: a word from a closed set, for metrics and programs.
    """

    def __init__(self, reason: TokenProblem, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidCursor(ViewsError):  # noqa: N818 - as above
    """A cursor that was altered, or belongs to another question."""
