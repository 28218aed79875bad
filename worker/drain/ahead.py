"""While one batch is being written, the one before is acknowledged, and the next is read and made ready.

Postgres and this process then work at once, and a commit's way to the disk keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from .batch import Batch, Written
from .fates import RETRY
from .messages import Message
from .report import Report


class Ahead:
    """Settles fresh batches in their order, at most one of them being written. Who leaves it, waits for that.

    A thread writes a batch, and nothing else; all the rest is done by the caller's, and a
    batch is acknowledged when it is committed. A process that dies leaves two or three
    batches pending, not one.
    """

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._thread = ThreadPoolExecutor(1, "write")
        self._writing: tuple[Sequence[Message], Future[Written]] | None = None
        self.report = Report()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._thread:
            if kind is None:
                self._acknowledge(self._wait())

    def settle(self, messages: Sequence[Message]) -> None:
        """Settle messages that were never delivered before; the last of them when this object is left.

        Raises:
            One of `fates.RETRY`, of these or of those before: what was not committed stays pending.
        """
        try:
            prepared = self._batch.prepare(messages)
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is narrowed down and logged
            self._acknowledge(self._wait())
            self.report.add(self._batch.narrow(messages, error))
            return
        written = self._wait()
        self._writing = messages, self._thread.submit(self._batch.write, prepared, fresh=True)
        self._acknowledge(written)

    def _wait(self) -> Written | None:
        """Wait for the batch that is being written; None where there is none, or it is settled already."""
        if self._writing is None:
            return None
        (messages, writing), self._writing = self._writing, None
        try:
            return writing.result()
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self.report.add(self._batch.narrow(messages, error))
            return None

    def _acknowledge(self, written: Written | None) -> None:
        if written is not None:
            self.report.add(self._batch.acknowledge(written))
