"""Work that would block an event loop, done beside it: in a few threads of this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")

MOST_THREADS = 16
"""They mostly wait for each other, and then share one commit."""


class Aside:
    """Threads, started as they are needed; a forked child starts its own.

    Not the event loop's own threads: an application that keeps them busy must not make its events wait.
    """

    def __init__(self) -> None:
        self._threads: dict[int, ThreadPoolExecutor] = {}

    def run(self, work: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Begin *work* and return what becomes of it. Who forgets it is not told of its exception."""
        context = copy_context()  # for what the application logs and counts by
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor(), context.run, work, *arguments)
        future.add_done_callback(_seen)
        return future

    def _executor(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - who never spools does not pay for it

        pid = os.getpid()
        # by setdefault, as loops of several threads may be the first at once
        return self._threads.get(pid) or self._threads.setdefault(
            pid, ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="trailkeeper-aside")
        )


def _seen(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
