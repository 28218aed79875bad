"""The WSGI middleware: whose request it is, from the call to the close of the response."""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from trailkeeper.producer.context import set_actor
from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.event import Actor
from trailkeeper.producer.frames import RequestContext, current
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.requests.origin import from_request

ALICE = Actor(kind="user", id="1", name="alice")


class Streaming:
    """A response that notes who asks at each step."""

    def __init__(self, steps: int, notes: list[str | None]) -> None:
        self.steps = steps
        self.notes = notes

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.steps):
            self.notes.append(current().ip)
            yield b"x"

    def close(self) -> None:
        self.notes.append(current().ip)


def call(app: Any, **environ: Any) -> Any:
    return app({"REMOTE_ADDR": "192.0.2.1", **environ}, lambda *_: None)


def test_the_application_knows_who_asks_and_the_server_does_not() -> None:
    seen: list[RequestContext] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(current())
        return [b"x"]

    middleware = WSGIMiddleware(app, trusted_proxies=["192.0.2.1"])
    body = call(
        middleware, HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_USER_AGENT="pip/24", HTTP_X_REQUEST_ID="r1"
    )
    assert seen == [RequestContext(ip="203.0.113.9", user_agent="pip/24", request_id="r1")]
    assert current() == RequestContext()
    assert body == [b"x"]


def test_a_request_without_id_is_given_one_of_its_own() -> None:
    seen: list[str | None] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.extend([current().request_id, current().request_id])
        return []

    middleware = WSGIMiddleware(app)
    call(middleware, HTTP_X_REQUEST_ID="of a stranger")
    call(middleware)
    assert all(re.fullmatch("[0-9a-f]{32}", given or "") for given in seen)
    assert (seen[0], seen[2]) == (seen[1], seen[3])
    assert seen[0] != seen[2]


def test_a_streaming_response_knows_who_asks_until_it_is_closed() -> None:
    notes: list[str | None] = []
    body = call(WSGIMiddleware(lambda *_: Streaming(2, notes)))
    between = [(chunk, current().ip) for chunk in body]
    body.close()
    assert notes == ["192.0.2.1"] * 3
    assert between == [(b"x", None)] * 2


def test_two_responses_streamed_in_turns_by_one_thread_are_not_mixed_up() -> None:
    one: list[str | None] = []
    two: list[str | None] = []
    bodies = [
        call(WSGIMiddleware(lambda *_: Streaming(2, one)), REMOTE_ADDR="192.0.2.1"),
        call(WSGIMiddleware(lambda *_: Streaming(2, two)), REMOTE_ADDR="192.0.2.2"),
    ]
    for body in [*bodies, *bodies]:
        next(body)
    for body in bodies:
        body.close()
    assert (one, two) == (["192.0.2.1"] * 3, ["192.0.2.2"] * 3)


def test_a_response_that_is_never_closed_leaves_nothing_in_the_thread() -> None:
    body = call(WSGIMiddleware(lambda *_: Streaming(2, [])))
    next(body)
    assert current() == RequestContext()


def test_an_application_that_fails_leaves_nothing_in_the_thread() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise LookupError("broken")

    def body() -> Iterator[bytes]:
        raise LookupError("broken later")
        yield b""

    with pytest.raises(LookupError, match="broken"):
        call(WSGIMiddleware(app))
    with pytest.raises(LookupError, match="broken later"):
        next(call(WSGIMiddleware(lambda *_: body())))
    assert current() == RequestContext()


def test_an_actor_set_by_the_handler_is_known_while_streaming_and_to_who_holds_the_environ() -> None:
    environ: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.1"}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        set_actor(ALICE)
        return (repr(current().actor == ALICE).encode() for _ in range(1))

    assert list(WSGIMiddleware(app)(environ, lambda *_: None)) == [b"True"]
    assert from_request(environ).actor == ALICE


def test_a_request_that_begins_in_the_context_of_one_that_is_over_is_another_person_s() -> None:
    contexts: list[contextvars.Context] = []
    seen: list[Actor | None] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(current().actor)
        set_actor(ALICE)
        contexts.append(contextvars.copy_context())
        return []

    middleware = WSGIMiddleware(app)
    call(middleware)
    contexts[0].run(call, middleware)
    assert seen == [None, None]
    assert contexts[0].run(current).actor == ALICE


def test_a_file_is_handed_to_the_server_as_it_is(tmp_path: Any) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with (tmp_path / "file").open("rb") as file:
        sent = FileWrapper(file)
        assert call(WSGIMiddleware(lambda *_: sent), **{"wsgi.file_wrapper": FileWrapper}) is sent


def test_a_response_without_close_can_be_closed() -> None:
    body = call(WSGIMiddleware(lambda *_: iter([b"x"])))
    assert list(body) == [b"x"]
    body.close()


def test_proxies_are_taken_from_the_environment_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILKEEPER_TRUSTED_PROXIES", "192.0.2.1")
    seen: list[str | None] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(current().ip)
        return []

    for middleware in (WSGIMiddleware(app), WSGIMiddleware(app, trusted_proxies=[])):
        call(middleware, HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert seen == ["203.0.113.9", "192.0.2.1"]


def test_a_bad_proxy_stops_the_application_at_its_start() -> None:
    with pytest.raises(SettingsError, match="'proxy'"):
        WSGIMiddleware(lambda *_: [], trusted_proxies=["proxy"])
