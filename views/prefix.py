"""The service below a path of its host, whether or not a proxy strips that path from requests."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import variable

OWN_PATHS = (
    *("/api/v1", "/backfills", "/commands", "/dead-letters", "/events", "/health", "/live", "/log", "/me"),
    *("/metrics", "/openapi.json", "/organizations", "/pipeline", "/projects", "/ready", "/retention"),
    *("/session", "/sign-in", "/static", "/users"),
)
"""Below one of them, nothing would tell whether a prefix was stripped: ``/projects/x`` could be either."""


class PrefixMiddleware:
    """Gives each request its full path and sets the ASGI ``root_path``, which links and cookies go by.

    Args:
        app: the service.
        prefix: such as ``/audit``, without a slash at its end.

    Raises:
        SettingsError: the prefix is one of the service's own paths.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        if any(_is_below(path, prefix) or _is_below(prefix, path) for path in OWN_PATHS):
            raise SettingsError(
                f"{variable('views_prefix')} is {prefix!r}, where the service has pages of its own;"
                " expected another path, such as /audit"
            )
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": self._prefix, **self._full_paths(scope)}
        await self._app(scope, receive, send)

    def _full_paths(self, scope: Scope) -> dict[str, str | bytes]:
        path: str = scope["path"]
        if path == self._prefix:
            return {"path": f"{path}/", "raw_path": f"{path}/".encode()}
        if _is_below(path, self._prefix):
            return {}
        raw: bytes = scope.get("raw_path") or path.encode()
        return {"path": self._prefix + path, "raw_path": self._prefix.encode() + raw}


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
