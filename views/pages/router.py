"""All pages as one router, for the application to include."""

from __future__ import annotations

from fastapi import APIRouter

from . import dead_letters, details, histories, live, memberships, pipeline, signing, static


def router() -> APIRouter:
    """The pages. Their errors are `views.pages.problems.error_page`'s, which the application has to name."""
    found = APIRouter(include_in_schema=False)
    for module in (static, signing, memberships, details, live, dead_letters, pipeline, histories):
        found.include_router(module.router)
    return found
