"""Error pages: what happened, and where to go next."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from trailkeeper.views.problems import Problem

from .addresses import Addresses
from .rendering import addresses_of, here, page
from .words import sentence

TITLES = {
    401: "You are signed out",
    403: "This request was not accepted",
    404: "Not found",
    409: "Something has changed in the meantime",
    414: "The address is too long",
    422: "This cannot be shown",
    429: "Too many attempts",
    503: "Temporarily unavailable",
}


def error_page(request: Request, problem: Problem) -> Response:
    """The page for a problem. Signing in that failed shows its form again."""
    if here(request) == addresses_of(request).to("/session"):
        return page(
            request,
            "sign_in.html",
            None,
            status=problem.status,
            title="Sign in",
            problem=sentence(problem.detail),
            next=None,
        )
    return page(
        request,
        "problem.html",
        getattr(request.state, "viewer", None),
        status=problem.status,
        title=TITLES.get(problem.status, HTTPStatus(problem.status).phrase),
        what=sentence(problem.detail),
        steps=_steps(request, problem.status),
    )


def _steps(request: Request, status: int) -> list[tuple[str, str]]:
    addresses = addresses_of(request)
    home = ("Go to my history", addresses.to("/"))
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return [("Sign in", _back(request, addresses))]
        case HTTPStatus.NOT_FOUND if getattr(request.state, "viewer", None) is None:
            return [("Sign in", _back(request, addresses))]
        case HTTPStatus.SERVICE_UNAVAILABLE | HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.INTERNAL_SERVER_ERROR:
            return [("Try again", _own(request)), home]
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return [("Show the newest", here(request)), home]
        case _:
            return [home]


def _own(request: Request) -> str:
    """This page again; the target of a form is no page, so it leads home."""
    if request.method != "GET":
        return addresses_of(request).to("/")
    query = request.url.query
    return f"{here(request)}{'?' + query if query else ''}"


def _back(request: Request, addresses: Addresses) -> str:
    return addresses.to("/sign-in", [("next", _own(request))])
