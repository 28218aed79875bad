"""A small HTTP client: one person's program at one address, with its cookies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from trailkeeper.examples.package_index.audit import HEADER

SECONDS = 20.0
BOUNDARY = "a-line-that-no-file-holds"


@dataclass
class Client:
    """Sends what a browser or an uploading program would.

    Attributes:
        url: the application's.
        address: where it seems to come from.
        agent: what it calls itself; empty for nothing.
        on_event: called with the id of each event that the application says it recorded.
    """

    url: str
    address: str
    agent: str
    on_event: Callable[[UUID], None]
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> int:
        """Read a page; the status."""
        return self._send("GET", path, b"", {})[0]

    def read(self, path: str) -> dict[str, Any]:
        """Read a JSON object."""
        return self._send("GET", path, b"", {})[1]

    def post(self, path: str, **fields: object) -> dict[str, Any]:
        """Send JSON and expect success; the answer's object.

        Raises:
            UnexpectedAnswerError: any other status than 2xx.
        """
        status, answer = self.attempt(path, **fields)
        if not 200 <= status < 300:  # noqa: PLR2004 - the range of success
            raise UnexpectedAnswerError(f"{path}: {status} {answer}")
        return answer

    def attempt(self, path: str, **fields: object) -> tuple[int, dict[str, Any]]:
        """Send JSON, whatever comes of it; status and object."""
        body = json.dumps(fields).encode()
        return self._send("POST", path, body, {"Content-Type": "application/json"})

    def upload(self, token: str, project: str, version: str, *, sdist: bool = False) -> int:
        """Upload a file as twine does; the status."""
        suffix = ".tar.gz" if sdist else "-py3-none-any.whl"
        filename = f"{project.replace('-', '_')}-{version}{suffix}"
        fields = {":action": "file_upload", "name": project, "version": version}
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        return self._send("POST", "/legacy/", _multipart(fields, filename), headers)[0]

    def _send(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(self.url)
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, {**self._headers(), **headers})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        self._take(response.headers.get("Set-Cookie"), response.headers.get(HEADER))
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(text) if is_json else {}

    def _take(self, cookie: str | None, events: str | None) -> None:
        """Keep the cookie, and tell of the events."""
        if cookie:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        for event in filter(None, (events or "").split(", ")):
            self.on_event(UUID(event))

    def _headers(self) -> dict[str, str]:
        said = {"User-Agent": self.agent} if self.agent else {}
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**said, "Cookie": cookies, "X-Forwarded-For": self.address}


class UnexpectedAnswerError(RuntimeError):
    """The application did not do what the story needs to go on."""


def _multipart(fields: dict[str, str], filename: str) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = f'Content-Disposition: form-data; name="content"; filename="{filename}"'
    return f"{''.join(parts)}--{BOUNDARY}\r\n{file}\r\n\r\n{filename}\r\n--{BOUNDARY}--\r\n".encode()
