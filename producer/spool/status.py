"""What the spool holds now, for operators."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import msgspec

from . import folder
from .file import Opened, SpoolFile

READ_SECONDS = 5.0
"""How long to wait for processes that are writing."""

WAITING = "SELECT place, count(*), min(spooled_at) FROM messages GROUP BY place ORDER BY place"
REFUSED = "SELECT value FROM counts WHERE name = 'refused'"


class SpoolStatus(msgspec.Struct, frozen=True):
    """A spool.

    Attributes:
        path: of its file.
        waiting: how many events it holds.
        oldest_seconds: age of the oldest; None if it is empty.
        bytes: on disk, of the file and SQLite's companions.
        cap_bytes: how large the file itself may become.
        refused: how many events it refused so far because it was full.
        places: how many events wait for which stream; usually there is one.
        set_aside: damaged files beside it, for an operator to examine.
    """

    path: str
    waiting: int
    oldest_seconds: float | None
    bytes: int
    cap_bytes: int
    refused: int
    places: dict[str, int]
    set_aside: list[str]


def read_status(file: SpoolFile) -> SpoolStatus:
    """The status of a spool. An unused one is reported as empty, and its file is not created.

    Raises:
        SpoolUnavailable: it cannot be read.
    """
    rows: list[tuple[str, int, int]] = []
    refused, size, aside = 0, 0, []
    for each in file.all():
        size += folder.size(each.path)
        aside += [str(path) for path in folder.aside(each.path)]
        if folder.identity(each.path):
            found, count = each.run(_read, time.monotonic() + READ_SECONDS, may_be_alone=True)
            rows, refused = rows + found, refused + count
    places: Counter[str] = Counter()
    for place, count, _ in rows:
        places[place] += count
    oldest = min((row[2] for row in rows), default=None)
    return SpoolStatus(
        path=str(file.path),
        waiting=places.total(),
        oldest_seconds=None if oldest is None else round(max(0.0, time.time() - oldest / 1000), 3),
        bytes=size,
        cap_bytes=file.limits.max_mb * 1024 * 1024,
        refused=refused,
        places=dict(places),
        set_aside=aside,
    )


def filesystem_of(path: Path) -> str:
    """The type of the file system that holds a path, such as ``ext4`` or ``tmpfs``; empty if unknown."""
    longest, kind = "", ""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in mounts.splitlines():
        _, mount, mount_kind = line.split()[:3]
        mount = mount.replace("\\040", " ")
        if Path(path).is_relative_to(mount) and len(mount) >= len(longest):
            longest, kind = mount, mount_kind
    return kind


def _read(opened: Opened) -> tuple[list[tuple[str, int, int]], int]:
    run = opened.connection.execute
    return run(WAITING).fetchall(), int(run(REFUSED).fetchone()[0])
