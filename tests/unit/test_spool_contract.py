"""The spools keep what they promise, on disk and in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.contracts.spool import SpoolContract
from tests.support.spooling import Stream, a_spool
from trailkeeper.producer.spool.memory import MemorySpool


class InMemory:
    def __init__(self) -> None:
        self.delivered: list[Mapping[bytes, bytes]] = []
        self.spool = MemorySpool(self.delivered.append)

    @contextmanager
    def full(self) -> Iterator[None]:
        self.spool.is_full = True
        yield
        self.spool.is_full = False


class OnDisk:
    def __init__(self, folder: Path) -> None:
        self._stream = Stream()
        self.delivered = self._stream.entries
        self.spool = a_spool(folder, self._stream)

    @contextmanager
    def full(self) -> Iterator[None]:
        """A file where there should be a folder."""
        path = self.spool.queue.file.path
        moved = path.parent.rename(path.parent.with_name("moved"))
        path.parent.touch()
        yield
        path.parent.unlink()
        moved.rename(path.parent)


class TestMemorySpool(SpoolContract):
    @pytest.fixture
    def keeping(self) -> InMemory:
        return InMemory()


class TestFileSpool(SpoolContract):
    @pytest.fixture
    def keeping(self, tmp_path: Path) -> Iterator[OnDisk]:
        found = OnDisk(tmp_path / "state")
        yield found
        found.spool.close()
