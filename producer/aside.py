"""Threads for work that would block an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")

MAX_THREADS = 16
"""They mostly wait for each other, and then share one commit."""


class Aside:
    """A thread pool, started when it is needed; a forked child starts its own.

    Not the event loop's own pool: an application that keeps that busy must not delay its events.
    """

    def __init__(self) -> None:
        self._threads: dict[int, ThreadPoolExecutor] = {}

    def run(self, work: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Start *work* and return its future. An exception that nobody awaits is not reported.

        Where no thread can be had, as when the interpreter ends, the work is done before this returns.
        """
        context = copy_context()  # the application's logging and metrics may read it
        loop = asyncio.get_running_loop()
        job = partial(context.run, work, *arguments)
        try:
            future = loop.run_in_executor(self._executor(), job)
        except RuntimeError:  # the pool may do it later all the same, and the same event twice is stored once
            future = _done(loop, job)
        future.add_done_callback(_retrieve_exception)
        return future

    def _executor(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - loaded only where something is spooled

        pid = os.getpid()
        # setdefault, as the event loops of several threads may get here at once
        return self._threads.get(pid) or self._threads.setdefault(
            pid, ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="trailkeeper-aside")
        )


def _done(loop: asyncio.AbstractEventLoop, job: Callable[[], T]) -> asyncio.Future[T]:
    future: asyncio.Future[T] = loop.create_future()
    try:
        future.set_result(job())
    except Exception as error:  # noqa: BLE001 - it is for whoever awaits it
        future.set_exception(error)
    return future


def _retrieve_exception(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
