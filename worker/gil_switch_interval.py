"""The GIL's switch interval: how long a thread keeps the interpreter while another wants it.

Where one thread computes and another moves rows to Postgres, the second needs the
interpreter for a moment between two waits, some ten times a batch. By default it would
wait for it for up to 5 ms each time, and Postgres with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 0.0005


@contextmanager
def short_gil_switch_interval() -> Iterator[None]:
    """Let the threads of this process switch often, for the time of the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
