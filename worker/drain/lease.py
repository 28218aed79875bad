"""Holds messages for as long as a process works on them, also while it waits for Postgres."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from trailkeeper.producer.errors import StreamUnavailable

from .stream import Stream

LONGEST_SECONDS = 300
"""What is worked on for so long is taken over nevertheless: as long as Celery lets a task run."""


@contextmanager
def renewed(stream: Stream, stream_ids: Sequence[str], lease_ms: int) -> Iterator[None]:
    """Let nobody take messages over during the block, while this process lives.

    A process that is killed or stopped renews nothing; one that computes without an end and lets no other
    thread run does not, either.

    Args:
        stream: whose consumer holds them.
        stream_ids: of the messages.
        lease_ms: after which others take over what is not renewed.
    """
    ending, end = threading.Event(), time.monotonic() + LONGEST_SECONDS

    def renew() -> None:
        while not ending.wait(lease_ms / 3000) and time.monotonic() < end:
            with suppress(StreamUnavailable):  # then nobody takes anything over
                stream.renew(stream_ids)

    thread = threading.Thread(target=renew, name="trailkeeper-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
