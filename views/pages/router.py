"""All pages as one router, for the application to include."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    backfills,
    dead_letters,
    details,
    histories,
    live,
    memberships,
    orders,
    pipeline,
    retention,
    settling,
    signing,
    starting,
    static,
)

# `starting` and `settling` come before those whose paths would take their names for numbers
PAGES = (
    *(static, signing, memberships, details, live, settling, dead_letters, starting, backfills, orders),
    *(retention, pipeline, histories),
)


def router() -> APIRouter:
    """The pages. Their errors are `views.pages.problems.error_page`'s, which the application has to name."""
    found = APIRouter(include_in_schema=False)
    for module in PAGES:
        found.include_router(module.router)
    return found
