"""The service as an ASGI application: mounted in a host application, or alone."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from . import metrics_page, session
from . import settings as own
from .api import admin_commands, backfills, catalogue, dead_letters
from .api.histories import histories
from .app_state import Identify, make_app_state
from .bounds import Bounds
from .documents.problems import ProblemDocument
from .health import router as health
from .pages.problems import error_page
from .pages.router import router as pages
from .problems import UnexpectedErrors, install
from .read_slots import ReleasedSlots
from .security import SecurityHeaders
from .settings import ViewsSettings

API = "/api/v1"
PARAMETER = re.compile(r"\{[^}]*\}")
DESCRIPTION = """\
Histories of users, projects and organizations, as far as the viewer may see them.

A signed token says who the viewer is, sent as `Authorization: Bearer ...` or exchanged once for a cookie;
or the application that this service is mounted in says so. A history that the viewer may not see does not
exist for them. Errors are `application/problem+json`.
"""


def create_app(
    settings: ViewsSettings | None = None,
    *,
    identify: Identify | None = None,
    engine: Engine | None = None,
) -> FastAPI:
    """The application.

    Mounted in a host that knows who is signed in:
    ``host.mount("/trail", create_app(identify=viewer_of_session))``. Otherwise tokens say so.

    Args:
        settings: by default those of the environment.
        identify: returns the viewer of a request, by the host's own session; None for nobody in particular.
            It may block. With it, tokens are ignored.
        engine: connections to the database, made after any fork; by default ones that can only read.

    Raises:
        SettingsError: a variable of the environment is wrong.
        CatalogueError: a catalogue file is wrong.
        ValueError: not a database URL.
    """
    settings = own.settings() if settings is None else settings
    app = FastAPI(
        title="Trailkeeper",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would name the host that the client says
        generate_unique_id_function=_operation,
    )
    app.state.trailkeeper = make_app_state(settings, identify, engine)
    app.include_router(_api())
    app.include_router(health)
    app.include_router(metrics_page.router)
    if identify is None:
        app.include_router(session.router)
    app.include_router(pages())
    app.state.error_page = error_page
    install(app)
    _describe_problems(app)
    # the last one is the outermost: every answer gets its headers
    for middleware in (ReleasedSlots, Bounds, UnexpectedErrors, SecurityHeaders):
        app.add_middleware(middleware)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix=API)
    # before single events, whose path would read `export` as an id
    api.include_router(histories())
    for module in (catalogue, backfills, dead_letters, admin_commands):
        api.include_router(module.router)
    return api


def _operation(route: APIRoute) -> str:
    """The operation id, for generated clients: ``get_users_events_export``."""
    words = re.findall(r"[a-z]+", PARAMETER.sub("", route.path.removeprefix(API)))
    return "_".join([*sorted(method.lower() for method in route.methods or ()), *words])


def _describe_problems(app: FastAPI) -> None:
    """Describe the format of errors once, in place of FastAPI's own format."""
    framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = framework()["components"]["schemas"]
            described = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(described.pop("$defs"), ProblemDocument=described)
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        return framework()

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation does
