"""The middleware for WSGI applications: Flask, Django, Pyramid and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from trailkeeper.producer.batch import batch
from trailkeeper.producer.frames import Frame, handling, pop, push
from trailkeeper.producer.requests.origin import KEY

from .base import RequestMiddleware

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WSGIMiddleware(RequestMiddleware[WSGIApplication]):
    """Tells `emit` who makes the request, until the server has closed the response.

    ``app.wsgi_app = WSGIMiddleware(app.wsgi_app, trusted_proxies=["10.0.0.0/8"])``. Put it outside of
    middleware that rewrites ``REMOTE_ADDR``, or trust proxies in only one of the two.
    """

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        frame = environ[KEY] = self._frame(environ)
        with handling(frame), batch() if self._batches else nullcontext():
            body = self._app(environ, start_response)
        return body if _runs_no_code(body, environ) else _Body(body, frame)


def _runs_no_code(body: Iterable[bytes], environ: dict[str, Any]) -> bool:
    """Whether to leave a body unwrapped: a list, or the server's own file wrapper, which it sends fastest."""
    wrapper = environ.get("wsgi.file_wrapper")
    return type(body) in {list, tuple} or (isinstance(wrapper, type) and isinstance(body, wrapper))


class _Body:
    """A response body whose every step runs within its request.

    The request is entered for each step and left after it, not held open: a server may interleave the
    steps of two responses, in other threads, or never close one, and none may see another's request.
    """

    def __init__(self, body: Iterable[bytes], frame: Frame) -> None:
        self._body = body
        self._frame = frame
        self._steps: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        token = push(self._frame)
        try:
            if self._steps is None:
                self._steps = iter(self._body)
            return next(self._steps)
        finally:
            pop(token)

    def close(self) -> None:
        """Close the application's body, even if it was never iterated."""
        close = getattr(self._body, "close", None)
        if close is None:
            return
        token = push(self._frame)
        try:
            close()
        finally:
            pop(token)
