"""A file that was made to fill memory or disk when it is unpacked is refused early, in little memory."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from trailkeeper.worker.backfills.event_file import HARMLESS_BYTES, LARGEST_RATIO, READ, UnusableFile, opened

MEBIBYTE = 1 << 20


def test_a_bomb_is_given_up_as_soon_as_it_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "events.jsonl.gz"
    with gzip.open(bomb, "wb", compresslevel=9) as out:
        for _ in range(192):
            out.write(bytes(MEBIBYTE))
    unpacked = 0
    reading = gzip.GzipFile.read

    def counted(file: gzip.GzipFile, size: int | None = -1) -> bytes:
        nonlocal unpacked
        part = reading(file, size)
        unpacked += len(part)
        return part

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    tracemalloc.start()
    with pytest.raises(UnusableFile, match="grows more than 200-fold"), opened(str(bomb)):
        pytest.fail("it was taken for a file of events")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unpacked <= max(HARMLESS_BYTES, LARGEST_RATIO * bomb.stat().st_size) + 2 * READ
    assert peak < 8 * MEBIBYTE
