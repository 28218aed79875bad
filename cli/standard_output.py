"""Standard output that says of itself when it cannot be written, apart from all other files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class OutputLost(Exception):  # noqa: N818 - what it says
    """Standard output cannot be written: its disk is full, for one."""


@contextmanager
def telling() -> Iterator[None]:
    """Within the block, `OutputLost` is raised where standard output does not take what is written.

    That its reader went away stays `BrokenPipeError`.
    """
    before = sys.stdout
    if before is None:  # closed by whoever started us
        yield
        return
    sys.stdout = _Telling(before)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before


class _Telling:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _translated():
            return int(self._stream.write(text))

    def flush(self) -> None:
        with _translated():
            self._stream.flush()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(f"standard output cannot be written: {error.strerror or error}") from error
