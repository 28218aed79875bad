"""Mistakes of the application's code: raised where its tests run, logged with their place where it serves.

The library never breaks the program. What `emit` is called with is kept as a dead letter beside; for
`bind` and `set_actor` the line of the log is all.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import FrameType

from .errors import InvalidEvent
from .secrets.fingerprint import REMOVED
from .secrets.texts import without_secrets
from .validation.text import harmless

OURS = (f"{Path(__file__).parent}/", "<frozen", "<string>")
BETWEEN = ("contextlib", "functools", "asyncio", "concurrent")
"""Modules of Python's that stand between the application's code and ours."""

MAX_LINE = 1000

logger = logging.getLogger("trailkeeper")


class MistakePolicy:
    """What becomes of a mistake outside of `emit`, in this process.

    Attributes:
        raises: whether it is raised, as in tests; the process's emitter decides.
    """

    raises = False


policy = MistakePolicy()


def report(error: InvalidEvent) -> None:
    """Log a mistake with its place in the application's code; or raise it, where `policy` says so.

    Raises:
        InvalidEvent: in tests.
    """
    if policy.raises:
        raise error
    logger.error("wrong call at %s: %s", place(), described(error))


def described(error: Exception) -> str:
    """The error on one line, which nothing that a client typed can end, and without the secrets it quotes."""
    # more than is shown is looked at, so that no secret is cut in two
    return harmless(without_secrets(str(error)[: 4 * MAX_LINE], lambda _: REMOVED), MAX_LINE)


def place() -> str:
    """The file and line that called us, as ``shop/views.py:42``; what is known of it otherwise."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the caller that costs microseconds
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(OURS) and str(frame.f_globals.get("__name__")).split(".")[0] not in BETWEEN:
            return harmless(f"{name}:{frame.f_lineno}", MAX_LINE)
        frame = frame.f_back
    return "a task of an event loop"
