"""Work in forked children that have to end by themselves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

SECONDS = 20.0


def start_child(work: Callable[[], object]) -> int:
    """Fork; the child ends with 0 if *work* did not raise. Returns its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def exit_code(child: int) -> int:
    """The exit code of a child; one that hangs is killed, and that is its exit code."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def in_child(work: Callable[[], object]) -> int:
    """Do something in a forked child; returns its exit code."""
    return exit_code(start_child(work))
