"""Whether the process lives, and whether it can answer: for whoever starts and stops processes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from trailkeeper.models.engine import transaction
from trailkeeper.models.status import schema_current

from .api.answers import json_answer
from .api.responses import PROBLEMS
from .parts import parts_of
from .problems import NO_SCHEMA, RETRY_SECONDS, Problem

router = APIRouter(tags=["health"])


class HealthDocument(BaseModel):
    """That it is well."""

    status: str


@router.get("/health", summary="Is the process alive?", response_model=HealthDocument)
async def health() -> Response:
    """Asks nobody else, so that an outage of the database does not get processes killed."""
    return json_answer({"status": "alive"})


@router.get("/ready", summary="Can it answer?", response_model=HealthDocument, responses={503: PROBLEMS[503]})
def ready(request: Request) -> Response:
    """Whether the database answers, and has the schema of this version."""
    with transaction(parts_of(request).engine) as connection:
        if not schema_current(connection):
            raise Problem(503, NO_SCHEMA, headers={"Retry-After": str(RETRY_SECONDS)})
    return json_answer({"status": "ready"})
