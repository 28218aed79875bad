"""While one batch is being written, the one before is acknowledged, and the next is read and prepared.

Postgres and this process then work at once, and neither waits for a commit to reach the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from trailkeeper.worker.ingest import Report
from trailkeeper.worker.ingest.messages import IncomingMessage

from .batches import Committed, StreamBatches


class WritePipeline:
    """Stores fresh batches in their order, one at a time; leaving the block waits for the last.

    A thread writes a batch, and nothing else; all the rest is done by the caller's thread, and a
    batch is acknowledged after it is committed. A process that dies leaves two or three
    batches pending, not one.
    """

    def __init__(self, batches: StreamBatches) -> None:
        self._batches = batches
        self._thread = ThreadPoolExecutor(1, "write")
        self._writing: Future[Committed] | None = None
        self.report = Report()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._thread:
            if kind is None:
                self._acknowledge(self._wait())

    def add(self, messages: Sequence[IncomingMessage]) -> None:
        """Prepare messages that were never delivered before, and have them written.

        Raises:
            One of `ingest.RETRY`, of these or of those before: what was not committed stays pending.
        """
        prepared = self._batches.prepare(messages)
        committed = self._wait()
        self._writing = self._thread.submit(self._batches.commit, messages, prepared, fresh=True)
        self._acknowledge(committed)

    def _wait(self) -> Committed | None:
        if self._writing is None:
            return None
        writing, self._writing = self._writing, None
        return writing.result()

    def _acknowledge(self, committed: Committed | None) -> None:
        if committed is not None:
            self.report.add(self._batches.acknowledge(committed))
