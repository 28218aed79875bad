"""Errors of endpoints, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from trailkeeper.views.problems import MEDIA_TYPE

from .examples import PROBLEM_EXAMPLES

Responses = dict[int | str, dict[str, Any]]
"""Responses of an endpoint, as FastAPI takes them."""


class FieldProblemDocument(BaseModel):
    """What is wrong with one parameter."""

    field: str
    problem: str


class ProblemDocument(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblemDocument] = []


def _problem(status: int, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemDocument"},
                "example": PROBLEM_EXAMPLES.get(status),
            }
        },
    }


PROBLEMS: Responses = {
    400: _problem(400, "The request cannot be read."),
    401: _problem(401, "The token or cookie is not valid: expired, forged, for another audience."),
    403: _problem(403, "A page of another site sent it."),
    404: _problem(404, "There is no such history or event, or it is not the viewer's to see."),
    409: _problem(409, "The state of the backfill forbids it, or the id was used for another command."),
    413: _problem(413, "The body is too large."),
    414: _problem(414, "The address is too long."),
    415: _problem(415, "The body has the wrong type."),
    422: _problem(422, "A parameter cannot be used; `errors` says which and why."),
    429: _problem(429, "Too many attempts, or too many at once; see `Retry-After`."),
    503: _problem(503, "The database does not answer, or takes too long; see `Retry-After`."),
}

READING: Responses = {status: PROBLEMS[status] for status in (401, 404, 414, 422, 503)}
"""Errors of every endpoint that reads."""

COMMANDING: Responses = READING | {status: PROBLEMS[status] for status in (400, 403, 409, 413, 429)}
"""Errors of commands; only admins can send them."""
