"""What the read side refuses on purpose; each caller shows it in its own way, as a status or a line."""

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
    """The viewer caused it, and may be told so."""


class ViewingEnded(ViewsError):  # noqa: N818 - as above
    """The viewer may not read on: what was begun is broken off, so that it does not look complete."""


class NotFound(ViewsError):  # noqa: N818 - reads as a sentence
    """A history or an event that does not exist, or that the viewer may not see: both look the same."""


class InvalidToken(ViewsError):  # noqa: N818 - pairs with InvalidCursor
    """A token that is not valid.

    Attributes:
        reason: one of a fixed set of words, for metrics and programs.
    """

    def __init__(self, reason: TokenProblem, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidCursor(ViewsError):  # noqa: N818 - as above
    """A cursor that was altered, or belongs to another question."""
