"""`trailkeeper serve` as a process of its own, and a proxy that strips a prefix from what it passes on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import anyio
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.served import SECRET, served, views_settings
from tests.support.waiting import until

COMMAND = (sys.executable, "-m", "trailkeeper.cli.main", "serve")
METHODS = ["GET", "POST", "DELETE"]


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """The environment of a service over plain HTTP."""
    own = {"token_secret": SECRET, "cookie_secure": "false", **settings}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRAILKEEPER_")}
    return inherited | {f"TRAILKEEPER_{name.upper()}": value for name, value in own.items()}


@contextmanager
def serving(*options: str, **settings: str) -> Iterator[str]:
    """The service's address, for the time of the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*COMMAND, "--port", str(port), *options]
    with subprocess.Popen(command, env=environment(**settings)) as process:
        try:
            until(lambda: process.poll() is not None or _answers(url), what="the service answers")
            assert process.poll() is None
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").is_success
    except httpx.TransportError:
        return False


@contextmanager
def stripping(target: str, prefix: str) -> Iterator[str]:
    """The address of a proxy that passes on what is below *prefix*, without the prefix."""

    async def forward(request: Request) -> Response:
        path = request.url.path.removeprefix(prefix) or "/"
        url = httpx.URL(target).copy_with(path=path, query=request.url.query.encode() or None)
        client = httpx.AsyncClient(timeout=30)
        passed = client.build_request(
            request.method, url, headers=request.headers.raw, content=await request.body()
        )
        response = await client.send(passed, stream=True)
        answer = StreamingResponse(_passed_on(client, response), response.status_code)
        answer.raw_headers = response.headers.raw
        return answer

    routes = [Route(path, forward, methods=METHODS) for path in (prefix, prefix + "/{rest:path}")]
    with served(views_settings(), Starlette(routes=routes)) as site:
        yield site.url


async def _passed_on(client: httpx.AsyncClient, response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in response.aiter_raw():
            yield part
    finally:
        with anyio.CancelScope(shield=True):  # also when the browser has gone
            await response.aclose()
            await client.aclose()
