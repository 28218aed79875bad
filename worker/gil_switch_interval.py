"""The GIL's switch interval: how long a thread keeps the interpreter while another wants it.

While one thread computes, another moves rows to Postgres and needs the interpreter for a
moment between two waits, some ten times a batch. With Python's default it waits up to 5 ms
for it each time, and Postgres waits too.
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
