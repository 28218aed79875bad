"""Functions that take the running request along, wherever they are called."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from .frames import Frame, pop, push, running

P = ParamSpec("P")
T = TypeVar("T")


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """A function that runs in this request wherever it is called: a thread, an executor, a timer, a greenlet.

    ``executor.submit(carry(send_mail), address)``, ``Timer(5, carry(expire)).start()``. What it emits
    has this request's address, user agent, id and actor, even after the response was sent; a framework's
    user is who it is now, whoever logs in or out later, unless `set_actor` names another. Also for
    generators and coroutine functions, which stay what they are to whoever asks. Outside of a request it
    is the function itself.
    """
    frame = running()
    return function if frame is None else within(frame.carried(), function)


def within(frame: Frame | None, function: Callable[P, T]) -> Callable[P, T]:
    """A function that runs in that request, or outside of any, wherever it is called."""
    called = getattr(function, "__call__", function)  # noqa: B004 - an object's, which may be a coroutine function
    for is_of_kind, run in KINDS:
        if is_of_kind(function) or is_of_kind(called):
            return wraps(function)(partial(run, function, frame))
    return wraps(function)(partial(_called, function, frame))


def _called(function: Callable[..., Any], frame: Frame | None, /, *args: Any, **kwargs: Any) -> Any:
    with _within(frame):
        result = function(*args, **kwargs)
    for kind, run in ((Coroutine, awaited), (Generator, _steps), (AsyncGenerator, _async_steps)):
        if isinstance(result, kind):
            return run(lambda: result, frame)
    return result


async def awaited(function: Callable[..., Any], frame: Frame | None, /, *args: Any, **kwargs: Any) -> Any:
    """What a coroutine function returns that runs in a request, or outside of any."""
    with _within(frame):
        return await function(*args, **kwargs)


def _steps(
    function: Callable[..., Any], frame: Frame | None, /, *args: Any, **kwargs: Any
) -> Generator[Any, Any, Any]:
    """A generator whose steps run within the frame, each for itself."""
    generator = function(*args, **kwargs)
    step = partial(next, generator)
    while True:
        try:
            with _within(frame):
                item = step()
        except StopIteration as end:
            return end.value
        try:
            step = partial(generator.send, (yield item))
        except GeneratorExit:
            with _within(frame):
                generator.close()
            raise
        except BaseException as error:  # noqa: BLE001 - for the generator, whatever it is
            step = partial(generator.throw, error)


async def _async_steps(
    function: Callable[..., Any], frame: Frame | None, /, *args: Any, **kwargs: Any
) -> AsyncGenerator[Any, Any]:
    """`_steps` of an asynchronous generator."""
    generator = function(*args, **kwargs)
    step = generator.__anext__
    while True:
        try:
            with _within(frame):
                item = await step()
        except StopAsyncIteration:
            return
        try:
            step = partial(generator.asend, (yield item))
        except GeneratorExit:
            with _within(frame):
                await generator.aclose()
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            step = partial(generator.athrow, error)


KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (inspect.iscoroutinefunction, awaited),
    (inspect.isgeneratorfunction, _steps),
    (inspect.isasyncgenfunction, _async_steps),
)
"""What frameworks ask of a function before they call it, and what runs one that is it."""


class _within:  # noqa: N801 - used like the function of `contextlib` that would take three times as long
    """Run a block in a request, or outside of any."""

    __slots__ = ("_frame", "_token")

    def __init__(self, frame: Frame | None) -> None:
        self._frame = frame

    def __enter__(self) -> None:
        self._token = push(self._frame)

    def __exit__(self, *_: object) -> None:
        pop(self._token)
