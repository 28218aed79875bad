"""The ASGI middleware: whose request or websocket it is, also side by side."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Iterator
from typing import Any

import pytest

from trailkeeper.producer.context import set_actor
from trailkeeper.producer.event import Actor
from trailkeeper.producer.frames import RequestContext, current, pop, push
from trailkeeper.producer.middleware.asgi import ASGIMiddleware, Receive, Scope, Send
from trailkeeper.producer.requests.origin import KEY, from_request

ALICE = Actor(kind="user", id="1", name="alice")


async def receive() -> dict[str, Any]:
    return {}


async def send(message: Any) -> None:
    return


def scope(kind: str = "http", address: str = "192.0.2.1") -> Scope:
    return {
        "type": kind,
        "client": (address, 1),
        "headers": [(b"user-agent", b"pip/24"), (b"x-request-id", b"r1")],
    }


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_application_knows_who_asks_until_it_returns(kind: str) -> None:
    seen: list[RequestContext] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(current())

    async def serve() -> RequestContext:
        await ASGIMiddleware(app, trusted_proxies=["192.0.2.1"])(scope(kind), receive, send)
        return current()

    assert asyncio.run(serve()) == RequestContext()
    assert seen == [RequestContext(ip="192.0.2.1", user_agent="pip/24", request_id="r1")]


class OneWay:
    """Headers that can be read once, and are no iterator themselves."""

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self._rest = iter(headers)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return self._rest


@pytest.mark.parametrize("once", [iter, OneWay])
def test_the_application_gets_headers_that_can_be_read_only_once(once: Any) -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        from_request(scope, ["192.0.2.1"])
        seen.extend((list(scope["headers"]), current().user_agent))

    given = scope()
    asyncio.run(ASGIMiddleware(app)({**given, "headers": once(given["headers"])}, receive, send))
    assert seen == [given["headers"], "pip/24"]


@pytest.mark.parametrize("once", [iter, OneWay])
def test_a_request_that_an_event_names_keeps_headers_that_can_be_read_only_once(once: Any) -> None:
    given = scope()
    named = {**given, "headers": once(given["headers"])}
    assert from_request(named, []).user_agent == from_request(named, []).user_agent == "pip/24"
    assert list(named["headers"]) == given["headers"]


def test_other_scopes_pass_untouched() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    lifespan: Scope = {"type": "lifespan"}
    asyncio.run(ASGIMiddleware(app)(lifespan, receive, send))
    assert seen[0] is lifespan


def test_the_server_s_own_scope_is_not_changed() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    given = scope()
    asyncio.run(ASGIMiddleware(app)(given, receive, send))
    assert KEY not in given
    assert from_request(seen[0]).ip == "192.0.2.1"


def test_requests_side_by_side_keep_their_own_actor() -> None:
    seen: dict[str | None, Actor | None] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        set_actor(Actor(kind="user", id=str(current().ip)))
        await asyncio.sleep(0)
        seen[current().ip] = current().actor

    async def serve() -> None:
        middleware = ASGIMiddleware(app)
        addresses = [f"192.0.2.{number}" for number in range(4)]
        await asyncio.gather(*(middleware(scope(address=address), receive, send) for address in addresses))

    asyncio.run(serve())
    assert seen == {f"192.0.2.{n}": Actor(kind="user", id=f"192.0.2.{n}") for n in range(4)}


def test_an_actor_found_in_a_worker_thread_is_known_to_the_request() -> None:
    seen: list[Actor | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(set_actor, ALICE)
        seen.append(current().actor)

    asyncio.run(ASGIMiddleware(app)(scope(), receive, send))
    assert seen == [ALICE]


def test_an_application_that_fails_or_is_cancelled_leaves_nothing() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    async def serve() -> RequestContext:
        with pytest.raises(asyncio.CancelledError):
            await ASGIMiddleware(app)(scope(), receive, send)
        return current()

    assert asyncio.run(serve()) == RequestContext()


def test_a_request_that_begins_in_the_context_of_one_that_is_over_is_another_person_s() -> None:
    contexts: list[contextvars.Context] = []
    seen: list[Actor | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(current().actor)
        set_actor(ALICE)
        contexts.append(contextvars.copy_context())

    middleware = ASGIMiddleware(app)
    asyncio.run(middleware(scope(), receive, send))
    contexts[0].run(lambda: asyncio.run(middleware(scope(), receive, send)))
    assert seen == [None, None]


def test_a_server_is_called_outside_of_the_request_and_middleware_around_it_within_its_own() -> None:
    seen: list[str | None] = []

    async def noting(*_: Any) -> Any:
        seen.append(current().ip)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.body"})
        assert current().ip == "192.0.2.1"

    async def serve(address: str | None) -> None:
        token = push(RequestContext(ip=address))
        await ASGIMiddleware(app)(scope(), noting, noting)
        pop(token)

    asyncio.run(serve("192.0.2.7"))
    asyncio.run(ASGIMiddleware(app)(scope(), noting, noting))
    assert seen == ["192.0.2.7"] * 2 + [None] * 2
