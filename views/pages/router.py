"""All pages as one router, for the application to include."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    admin_commands,
    backfill_form,
    backfills,
    dead_letter_actions,
    dead_letters,
    details,
    histories,
    live,
    memberships,
    pipeline,
    retention,
    sign_in,
    static,
)

# the forms come before the pages whose paths would read the forms' names as numbers
PAGES = (
    *(static, sign_in, memberships, details, live, dead_letter_actions, dead_letters),
    *(backfill_form, backfills, admin_commands, retention, pipeline, histories),
)


def router() -> APIRouter:
    """The pages. The application sets `views.pages.problems.error_page` for their errors."""
    pages = APIRouter(include_in_schema=False)
    for module in PAGES:
        pages.include_router(module.router)
    return pages
