"""While one batch is being written, the next is read and made ready: Postgres and this process work at once.

One after the other, each waits for the other, and both for the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from .batch import Batch
from .fates import RETRY
from .messages import Message
from .report import Report


class Ahead:
    """Settles fresh batches in their order, at most one of them being written. Who leaves it, waits for that.

    A thread writes a batch, and acknowledges it once it is committed; all else is done
    by the caller's. A process that dies leaves two batches pending, not one.
    """

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._thread = ThreadPoolExecutor(1, "write")
        self._writing: tuple[Sequence[Message], Future[Report]] | None = None
        self.report = Report()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._thread:
            if kind is None:
                self._wait()

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
            self._wait()
            self.report.add(self._batch.narrow(messages, error))
        else:
            self._wait()
            self._writing = messages, self._thread.submit(self._batch.finish, prepared, fresh=True)

    def _wait(self) -> None:
        if self._writing is None:
            return
        (messages, writing), self._writing = self._writing, None
        try:
            self.report.add(writing.result())
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self.report.add(self._batch.narrow(messages, error))
