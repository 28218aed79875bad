"""Whether the process is alive, and whether it can answer: for orchestrators and load balancers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse

from trailkeeper.models.engine import transaction
from trailkeeper.models.status import schema_current

from .app_state import app_state_of
from .documents.problems import PROBLEMS
from .problems import NO_SCHEMA, RETRY_SECONDS, Problem

router = APIRouter(tags=["health"])


class HealthDocument(BaseModel):
    """The state of the service."""

    status: str


@router.get("/health", summary="Is the process alive?", response_model=HealthDocument)
async def health() -> JSONResponse:
    """Depends on no other server, so that an outage of the database does not get processes killed."""
    return JSONResponse({"status": "alive"})


@router.get("/ready", summary="Can it answer?", response_model=HealthDocument, responses={503: PROBLEMS[503]})
def ready(request: Request) -> JSONResponse:
    """Whether the database answers, and has the schema of this version."""
    with transaction(app_state_of(request).engine) as connection:
        if not schema_current(connection):
            raise Problem(503, NO_SCHEMA, headers={"Retry-After": str(RETRY_SECONDS)})
    return JSONResponse({"status": "ready"})
