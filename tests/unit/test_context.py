"""Who asks: the context that emit reads."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import greenlet  # type: ignore[import-untyped]  # it has no types
import pytest
from starlette.background import BackgroundTask

from trailkeeper.producer.carrying import carry
from trailkeeper.producer.context import bind, set_actor
from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import MAX_USER_AGENT, Actor, Requester
from trailkeeper.producer.frames import Frame, RequestContext, current, pop, push
from trailkeeper.producer.mistakes import policy
from trailkeeper.producer.process import emit
from trailkeeper.producer.requests.origin import KEY, from_request
from trailkeeper.producer.testing import recording

ALICE = Actor(kind="user", id="1", name="alice")
ROBOT = Actor(kind="service", id="r", name="robot")
REQUEST = RequestContext(ip="203.0.113.9", user_agent="Firefox", request_id="r1")


def test_outside_of_a_request_nothing_is_known() -> None:
    assert current() == RequestContext()


def test_after_pop_nothing_of_the_request_is_left() -> None:
    token = push(REQUEST)
    assert current() == REQUEST
    pop(token)
    assert current() == RequestContext()


def test_bind_changes_what_it_names_and_only_within_the_block() -> None:
    token = push(REQUEST)
    with bind(actor=ROBOT, request_id="r2"):
        assert current() == RequestContext(
            ip="203.0.113.9", user_agent="Firefox", request_id="r2", actor=ROBOT
        )
    assert current() == REQUEST
    pop(token)


def test_bind_works_outside_of_a_request_and_ends_with_an_error() -> None:
    def fail() -> None:
        with bind(actor=ROBOT):
            raise LookupError(str(current().actor == ROBOT))

    with pytest.raises(LookupError, match="True"):
        fail()
    assert current().actor is None


def test_a_name_that_bind_does_not_know_is_logged_and_raised_in_tests(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "raises", False)
    with bind(user="x", request_id="r2"):
        assert current().request_id == "r2"
    assert re.search(r"wrong call at \S*test_context\.py:\d+: bind: it got user; expected ip", caplog.text)
    with recording(), pytest.raises(InvalidEvent, match="it got user"), bind(user="x"):
        pass


def carried(request: RequestContext) -> Callable[[], RequestContext]:
    token = push(request)
    try:
        return carry(current)
    finally:
        pop(token)


def test_a_carried_function_belongs_to_its_request_in_threads_executors_timers_and_greenlets() -> None:
    assert carried(REQUEST)() == REQUEST
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(carried(REQUEST)).result() == REQUEST
        assert pool.submit(current).result() == RequestContext()
    contexts: list[RequestContext] = []
    work = carried(REQUEST)
    thread = threading.Timer(0, lambda: contexts.append(work()))
    thread.start()
    thread.join()
    assert contexts == [REQUEST]
    assert greenlet.greenlet(work).switch() == REQUEST


def test_a_carried_coroutine_or_generator_belongs_to_its_request_while_it_runs() -> None:
    async def later() -> RequestContext:
        await asyncio.sleep(0)
        return current()

    def steps() -> Iterator[RequestContext]:
        yield current()
        yield current()

    token = push(REQUEST)
    coroutine, generator = carry(later), carry(steps)
    pop(token)
    assert asyncio.run(coroutine()) == REQUEST
    assert [(context, current()) for context in generator()] == [(REQUEST, RequestContext())] * 2


def carried_in_request(function: Any) -> Any:
    token = push(REQUEST)
    try:
        return carry(function)
    finally:
        pop(token)


async def coroutine_function() -> RequestContext:
    return current()


def generator_function() -> Iterator[RequestContext]:
    yield current()


async def asynchronous_generator_function() -> AsyncIterator[RequestContext]:
    yield current()


@pytest.mark.parametrize(
    ("function", "asked"),
    [
        (coroutine_function, inspect.iscoroutinefunction),
        (coroutine_function, asyncio.iscoroutinefunction),
        (generator_function, inspect.isgeneratorfunction),
        (asynchronous_generator_function, inspect.isasyncgenfunction),
    ],
)
def test_a_carried_function_is_to_frameworks_what_it_was(function: Any, asked: Callable[[Any], bool]) -> None:
    assert asked(carried_in_request(function))
    assert carried_in_request(function).__name__ == function.__name__


def test_a_carried_coroutine_function_runs_as_a_background_task_of_starlette() -> None:
    contexts = []

    async def later() -> None:
        contexts.append(current())

    asyncio.run(BackgroundTask(carried_in_request(later))())
    assert contexts == [REQUEST]


def test_a_carried_generator_gets_what_is_thrown_into_it_and_ends_within_its_request() -> None:
    seen = []

    def steps() -> Iterator[Any]:
        try:
            try:
                yield current()
            except LookupError as error:
                yield (error, current())
        finally:
            seen.append(current())

    generator, error = carried_in_request(steps)(), LookupError()
    assert next(generator) == REQUEST
    assert generator.throw(error) == (error, REQUEST)
    generator.close()
    assert seen == [REQUEST]


def test_a_carried_asynchronous_generator_belongs_to_its_request_to_its_end() -> None:
    seen = []

    async def steps() -> AsyncIterator[Any]:
        try:
            try:
                yield current()
            except LookupError:
                yield current()
        finally:
            seen.append(current())

    async def run() -> None:
        async with aclosing(carried_in_request(steps)()) as generator:
            assert await anext(generator) == REQUEST
            assert current() == RequestContext()
            assert await generator.athrow(LookupError()) == REQUEST
        assert [context async for context in carried_in_request(steps)()] == [REQUEST]

    asyncio.run(run())
    assert seen == [REQUEST, REQUEST]


def test_outside_of_a_request_there_is_nothing_to_carry() -> None:
    assert carry(current) is current


def test_an_actor_set_after_login_is_named_for_the_rest_of_the_request() -> None:
    token = push(REQUEST)
    with bind(request_id="r2"):
        set_actor(ALICE)
    assert current().actor == ALICE
    pop(token)
    assert current().actor is None


def test_an_actor_set_within_a_bound_actor_does_not_outlive_it() -> None:
    token = push(REQUEST)
    set_actor(ALICE)
    with bind(actor=ROBOT):
        set_actor(None)
        assert current().actor is None
    assert current().actor == ALICE
    pop(token)


def test_an_actor_cannot_be_set_where_it_would_stay_for_ever() -> None:
    with recording(), pytest.raises(InvalidEvent, match="outside of a request"):
        set_actor(ALICE)
    assert current().actor is None


def test_an_actor_found_in_a_thread_of_the_request_is_known_to_the_request() -> None:
    token = push(REQUEST)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, set_actor, ALICE).result()
    assert current().actor == ALICE
    pop(token)


def test_tasks_side_by_side_do_not_see_each_other() -> None:
    async def handle(number: int) -> tuple[str | None, Actor | None]:
        token = push(RequestContext(ip=f"192.0.2.{number}"))
        await asyncio.sleep(0)
        set_actor(Actor(kind="user", id=str(number)))
        await asyncio.sleep(0)
        found = current()
        pop(token)
        return found.ip, found.actor

    async def side_by_side() -> list[tuple[str | None, Actor | None]]:
        return await asyncio.gather(*(handle(number) for number in range(5)))

    expected = [(f"192.0.2.{number}", Actor(kind="user", id=str(number))) for number in range(5)]
    assert asyncio.run(side_by_side()) == expected


ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "GET",
    "REMOTE_ADDR": "10.0.0.1",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_USER_AGENT": "Firefox",
    "HTTP_X_REQUEST_ID": "abc-1",
}
SCOPE: dict[str, Any] = {
    "type": "http",
    "client": ("10.0.0.1", 5000),
    "headers": [
        (b"x-forwarded-for", b"6.6.6.6"),
        (b"X-Forwarded-For", b"203.0.113.9"),
        (b"user-agent", b"Firefox"),
        (b"x-request-id", b"abc-1"),
    ],
}
FOUND = RequestContext(ip="203.0.113.9", user_agent="Firefox", request_id="abc-1")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(ENVIRON, id="a WSGI environ"),
        pytest.param(SCOPE, id="an ASGI scope"),
        pytest.param(SimpleNamespace(environ=ENVIRON), id="a request as Flask has it"),
        pytest.param(SimpleNamespace(META=ENVIRON, environ=ENVIRON), id="a request as Django has it"),
        pytest.param(SimpleNamespace(scope=SCOPE, META=ENVIRON), id="a request as Django has it on ASGI"),
        pytest.param(SimpleNamespace(scope=SCOPE), id="a request as Starlette has it"),
        pytest.param(FOUND, id="a context"),
    ],
)
def test_every_framework_s_request_says_the_same(request_: object) -> None:
    assert from_request(request_, ["10.0.0.0/8"]) == FOUND


def test_from_a_stranger_neither_address_nor_request_id_is_believed() -> None:
    stranger = {**ENVIRON, "REMOTE_ADDR": "198.51.100.1"}
    expected = RequestContext(ip="198.51.100.1", user_agent="Firefox")
    assert from_request(stranger, ["10.0.0.0/8"]) == expected


def test_the_header_of_the_request_id_can_be_chosen_and_believed_from_everyone() -> None:
    request = {"HTTP_TRACE": "t/1", "HTTP_X_REQUEST_ID": "abc"}
    assert from_request(request, request_id_header="Trace", trust_request_id=True).request_id == "t/1"
    assert from_request(request, request_id_header=None, trust_request_id=True).request_id is None


@pytest.mark.parametrize("given", ["", "a b", "a\n", "x" * 129, "é", '"', "<b>", "%0a", "\0"])
def test_a_request_id_of_another_form_is_not_taken(given: str) -> None:
    assert from_request({"HTTP_X_REQUEST_ID": given}, trust_request_id=True).request_id is None


def test_what_an_empty_scope_does_not_say_is_unknown() -> None:
    assert from_request({"type": "websocket", "client": None, "headers": []}) == RequestContext()


def test_a_long_user_agent_is_shortened_so_that_emit_still_sees_it_was_longer() -> None:
    found = from_request({"HTTP_USER_AGENT": "x" * 1_000_000}).user_agent
    assert found is not None
    assert len(found) == MAX_USER_AGENT + 1


def test_an_empty_user_agent_is_no_missing_one() -> None:
    assert from_request({"HTTP_USER_AGENT": ""}).user_agent == ""
    assert from_request({}).user_agent is None


@pytest.mark.parametrize("written", ["utf-8", "latin-1"])
def test_bytes_of_a_header_are_utf_8_where_they_can_be(written: str) -> None:
    for text in ("caf\xe9/1", "\xc4\u0e01\U0001f600" if written == "utf-8" else "\xa3"):
        raw = text.encode(written)
        scope = {"type": "http", "headers": [(b"user-agent", raw)]}
        assert from_request(scope).user_agent == text
        assert from_request({"HTTP_USER_AGENT": raw.decode("latin-1")}).user_agent == text


def test_a_header_that_a_framework_read_stays_as_it_is() -> None:
    assert from_request({"HTTP_USER_AGENT": "\u041f\u0438\u043f/1"}).user_agent == "\u041f\u0438\u043f/1"


def test_bytes_of_a_header_that_are_no_utf_8_are_latin_1() -> None:
    scope = {"type": "http", "headers": [(b"user-agent", b"caf\xe9")]}
    assert from_request(scope).user_agent == "caf\xe9"


def test_a_bound_actor_acts_in_a_request_that_is_handed_over() -> None:
    with bind(actor=ROBOT):
        assert from_request(ENVIRON) == RequestContext(ip="10.0.0.1", user_agent="Firefox", actor=ROBOT)


@pytest.mark.parametrize(
    ("address", "actor"), [("10.0.0.1", ALICE), ("10.0.0.2", None)], ids=["made anew", "another"]
)
def test_a_request_that_no_middleware_knows_is_the_running_one_only_if_it_came_from_there(
    address: str, actor: Actor | None
) -> None:
    token = push(RequestContext(ip="10.0.0.1", actor=ALICE))
    assert from_request({"REMOTE_ADDR": address}) == RequestContext(ip=address, actor=actor)
    with bind(actor=ROBOT):
        assert from_request({"REMOTE_ADDR": address}).actor == ROBOT
    pop(token)


def test_an_address_that_is_bound_with_an_actor_takes_nothing_of_the_request_s_device() -> None:
    token = push(REQUEST)
    with bind(actor=ROBOT, ip="192.0.2.1"):
        assert current() == RequestContext(ip="192.0.2.1", request_id="r1", actor=ROBOT)
    with bind(actor=ROBOT, ip="192.0.2.1", user_agent="curl"):
        assert current().user_agent == "curl"
    with bind(ip="192.0.2.1"):
        assert current().user_agent == "Firefox"
    pop(token)


@pytest.mark.parametrize("is_carried", [False, True])
def test_an_address_that_is_bound_with_an_actor_stays_that_one_s(is_carried: bool) -> None:
    token = push(REQUEST)
    with recording() as recorder, bind(actor=ALICE, ip="192.0.2.1"):
        (carry(set_actor) if is_carried else set_actor)(Actor("user", "8"))
        (carry(emit) if is_carried else emit)("account:password:change")
    with recording() as unowned, bind(actor=None, ip="192.0.2.1"):
        set_actor(ALICE)
        emit("account:password:change")
    pop(token)
    assert (recorder.events[0].ip, recorder.events[0].requested_by) == (None, Requester("user", "1", "alice"))
    assert unowned.events[0].ip == "192.0.2.1"


def test_a_request_that_went_through_the_middleware_is_found_with_what_was_bound_since() -> None:
    frame = Frame(REQUEST)
    environ = {**ENVIRON, KEY: frame}
    assert from_request(environ) == REQUEST
    token = push(frame)
    with bind(actor=ROBOT):
        assert from_request(environ).actor == ROBOT
    pop(token)


def test_another_request_s_actor_is_not_taken_for_this_one_s() -> None:
    token = push(RequestContext(actor=ALICE))
    assert from_request({**ENVIRON, KEY: Frame(REQUEST)}) == REQUEST
    pop(token)


def test_what_is_no_request_is_refused_with_what_was_expected() -> None:
    with pytest.raises(InvalidEvent, match=r"request: a int without \.scope") as refused:
        from_request(7)
    assert refused.value.field == "request"


@pytest.mark.parametrize("raises", [False, True])
def test_a_bind_that_goes_on_in_another_context_is_a_mistake(
    raises: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "raises", raises)

    def dependency() -> Iterator[None]:
        with bind(actor=ROBOT):
            yield

    steps = dependency()
    contextvars.copy_context().run(next, steps)
    with pytest.raises(InvalidEvent if raises else StopIteration):
        contextvars.copy_context().run(next, steps)
    assert raises or re.search(r"wrong call at \S*test_context\.py:\d+: bind: its block", caplog.text)


def test_a_bind_in_a_generator_that_is_given_up_anywhere_is_none(caplog: pytest.LogCaptureFixture) -> None:
    def steps() -> Iterator[None]:
        with bind(actor=ROBOT):
            yield

    given_up = steps()
    contextvars.copy_context().run(next, given_up)
    with recording():
        given_up.close()  # type: ignore[attr-defined]  # a generator has it
    assert caplog.text == ""


def test_an_actor_of_a_request_around_another_acts_where_nobody_else_does() -> None:
    outer = Frame(REQUEST)
    inner = Frame(REQUEST, outer=outer)
    outer.set_actor(ALICE)
    assert inner.context.actor == ALICE
    inner.set_actor(ROBOT)
    assert (inner.context.actor, outer.context.actor) == (ROBOT, ALICE)
