"""Stops code wherever a signal's handler may."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

CHECKED = ("RESUME", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD")
"""The interpreter runs handlers after these instructions; after a call, if what was called is not Python."""
CHECKED_CODES = {dis.opmap[name] for name in CHECKED if name in dis.opmap}


class Interruption(BaseException):
    """What stops the code under test."""


class Interrupter:
    """Raises `Interruption` at the place that is *number* on the way, once: between two calls, too.

    Args:
        number: of the place, counted among those that are passed.
        within: parts of the names of files whose places count.
        beside: functions whose own places do not count: nobody is there who could keep anything.
    """

    def __init__(self, number: int, within: Collection[str], beside: Collection[str] = ()) -> None:
        self._left = number
        self._within = within
        self._beside = beside
        self._before: dict[FrameType, int | None] = {}

    @property
    def struck(self) -> bool:
        """Whether it raised; if not, there are fewer places."""
        return self._left <= 0

    def run(self, call: Callable[[], object]) -> None:
        """Run *call*, and swallow the interruption alone."""
        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # Python 3.12 looks only here whether anybody wants them
        sys.settrace(self._trace)
        try:
            call()
        except Interruption:
            pass
        finally:
            sys.settrace(before)
            self._before.clear()

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if event == "call":
            if frame.f_back is not None:
                self._before[frame.f_back] = None  # from Python to Python
            if self.struck or not any(part in code.co_filename for part in self._within):
                return None
            frame.f_trace = self._trace  # Python 3.13 takes the next line only after it
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            self._before[frame] = dis.opmap["RESUME"]
        elif event == "opcode":
            is_checked = self._before.get(frame) in CHECKED_CODES
            self._before[frame] = code.co_code[frame.f_lasti]
            if is_checked and code.co_qualname not in self._beside:
                self._strike()
        return self._trace

    def _strike(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._before.clear()
            raise Interruption
