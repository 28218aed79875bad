"""What the application answers when it will not do what was asked."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from trailkeeper import EventNotRecorded


class Refusal(Exception):  # noqa: N818 - reads as the sentence it is in a `raise`
    """The request is understood and refused.

    Attributes:
        status: the HTTP status, 4xx.
        reason: one sentence for the person who asked.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def handle_errors(app: Flask) -> None:
    """Answer every error as JSON ``{"error": ...}`` with its status."""
    app.register_error_handler(Refusal, lambda error: _answer(error.status, error.reason))
    app.register_error_handler(HTTPException, lambda error: _answer(error.code or 500, error.name))
    app.register_error_handler(EventNotRecorded, _not_recorded)


def _not_recorded(_: EventNotRecorded) -> Response:
    return _answer(503, "not done: it cannot be recorded now")


def _answer(status: int, reason: str) -> Response:
    response = jsonify(error=reason)
    response.status_code = status
    return response
