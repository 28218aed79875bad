"""Stops code at whichever of its lines, as a signal's handler may."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any


class Interruption(BaseException):
    """What stops the code under test."""


class Interrupter:
    """Raises `Interruption` before the line that is *number* on the way, once.

    Args:
        number: of the line, counted among those that are run.
        within: parts of the names of files whose lines count.
        beside: functions whose own lines do not count: nobody is there who could keep anything.
    """

    def __init__(self, number: int, within: Collection[str], beside: Collection[str] = ()) -> None:
        self._left = number
        self._within = within
        self._beside = beside

    @property
    def struck(self) -> bool:
        """Whether it raised; if not, there are fewer lines."""
        return self._left <= 0

    def run(self, call: Callable[[], object]) -> None:
        """Run *call*, and swallow the interruption alone."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            call()
        except Interruption:
            pass
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if not any(part in code.co_filename for part in self._within):
            return self._trace
        if event == "line" and code.co_qualname not in self._beside:
            self._left -= 1
            if self._left == 0:
                raise Interruption
        return self._trace
