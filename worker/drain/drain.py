"""The drain: takes over what dead consumers left, then empties the stream in batches.

Knows nothing of Celery: a task runs it, and so does `trailkeeper drain`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from trailkeeper.worker.turns import short_turns

from .ahead import Ahead
from .batch import Batch
from .messages import Message
from .report import Report
from .stream import Pending, Stream, StreamFull
from .suspects import DEATHS, DELIVERIES_BEFORE_SUSPICION, Suspects

SUSPECTS_AT_ONCE = 100
OBJECTS_BEFORE_COLLECTION = 50_000


class Drain:
    """One consumer emptying the stream.

    Args:
        stream: the stream, as the consumer of one pool slot.
        batch: the steps a batch takes.
        suspects: counts the processes that messages killed.
        batch_size: messages in one transaction.
        lease_seconds: how long another consumer's messages are left to it.
    """

    def __init__(
        self,
        stream: Stream,
        batch: Batch,
        suspects: Suspects,
        *,
        batch_size: int = 2_000,
        lease_seconds: float = 30.0,
    ) -> None:
        self._stream = stream
        self._batch = batch
        self._suspects = suspects
        self._batch_size = batch_size
        self._lease_ms = int(lease_seconds * 1000)

    def run(self, seconds: float) -> Report:
        """Drain until the stream is empty or *seconds* have passed, finishing the batch at hand.

        Raises:
            One of `fates.RETRY`: what was not committed stays pending.
        """
        deadline = time.monotonic() + seconds
        with _few_collections(), short_turns():
            report = self.recover(deadline)
            with Ahead(self._batch) as ahead:
                while time.monotonic() < deadline:
                    messages = self._stream.read(self._batch_size)
                    if not messages:
                        break
                    ahead.settle(messages)
            report.add(ahead.report)
        return report

    def recover(self, deadline: float) -> Report:
        """Settle what I left in an earlier life, and what others have held for longer than the lease."""
        report = self._recover(deadline, mine=True, idle_ms=0)
        report.add(self._recover(deadline, mine=False, idle_ms=self._lease_ms))
        return report

    def _recover(self, deadline: float, *, mine: bool, idle_ms: int) -> Report:
        report = Report()
        while time.monotonic() < deadline:
            left = self._stream.pending(mine=mine, idle_ms=idle_ms, count=self._batch_size)
            if not left:
                break
            before = report.batches
            report.add(self._settle_again([entry for entry in left if not _suspicious(entry)], idle_ms))
            for entry in [entry for entry in left if _suspicious(entry)][:SUSPECTS_AT_ONCE]:
                report.add(self._settle_alone(entry, idle_ms))
            if report.batches == before:
                break  # another drain was quicker
        return report

    def _settle_again(self, left: Iterable[Pending], idle_ms: int) -> Report:
        messages = self._stream.take_over([entry.stream_id for entry in left], idle_ms)
        return self._batch.settle(messages, fresh=False) if messages else Report()

    def _settle_alone(self, entry: Pending, idle_ms: int) -> Report:
        """Settle a message that may have killed its worker; after three deaths reject it."""
        report = Report()
        for message in self._stream.take_over([entry.stream_id], idle_ms):
            report.add(self._risk(replace(message, deliveries=entry.deliveries + 1)))
        return report

    def _risk(self, message: Message) -> Report:
        """Settle a suspect, if its death can be counted: without memory for that it stays pending."""
        deaths = self._suspects.deaths(message.stream_id)
        if deaths >= DEATHS:
            detail = f"{deaths} processes died while handling it alone"
            report = self._batch.reject(message, "killed_worker", detail)
            self._suspects.survive(message.stream_id)
            return report
        try:
            self._suspects.enter(message.stream_id)
        except StreamFull:
            return Report()
        try:
            return self._batch.settle([message], fresh=False)
        finally:
            self._suspects.survive(message.stream_id)


def _suspicious(entry: Pending) -> bool:
    return entry.deliveries >= DELIVERIES_BEFORE_SUSPICION


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the garbage collector look rarely: nothing here makes cycles, and it took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
