"""What is in the spool now, for operators."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from . import folder
from .file import Opened, SpoolFile

SECONDS = 5.0
"""The longest to wait for those who are writing."""

WAITING = "SELECT place, count(*), min(spooled_at) FROM messages GROUP BY place ORDER BY place"
REFUSED = "SELECT value FROM counts WHERE name = 'refused'"


class SpoolStatus(msgspec.Struct, frozen=True):
    """A spool.

    Attributes:
        path: of its file.
        waiting: how many events wait in it.
        oldest_seconds: since when the oldest does; None where none waits.
        bytes: on disk, of the file and what SQLite keeps beside it.
        cap_bytes: how large the file itself may become.
        refused: how many events it ever refused because it was full.
        places: how many wait for which stream; usually there is one.
        set_aside: damaged files beside it, which an operator may look into.
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
    """The status of a spool; of one that was never used it is empty, and its file is not made.

    Raises:
        SpoolUnavailable: it cannot be read.
    """
    rows: list[tuple[str, int, int]] = []
    refused = 0
    if file.path.exists():
        rows, refused = file.do(_read, time.monotonic() + SECONDS)
    oldest = min((row[2] for row in rows), default=None)
    return SpoolStatus(
        path=str(file.path),
        waiting=sum(row[1] for row in rows),
        oldest_seconds=None if oldest is None else round(max(0.0, time.time() - oldest / 1000), 3),
        bytes=folder.size(file.path),
        cap_bytes=file.limits.max_mb * 1024 * 1024,
        refused=refused,
        places={row[0]: row[1] for row in rows},
        set_aside=[str(path) for path in folder.aside(file.path)],
    )


def filesystem_of(path: Path) -> str:
    """The kind of file system that a path is on, such as ``ext4`` or ``tmpfs``; empty if it is not known."""
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in mounts.splitlines():
        _, place, found = line.split()[:3]
        where = place.replace("\\040", " ")
        if Path(path).is_relative_to(where) and len(where) >= len(best):
            best, kind = where, found
    return kind


def _read(opened: Opened) -> tuple[list[tuple[str, int, int]], int]:
    run = opened.connection.execute
    return run(WAITING).fetchall(), int(run(REFUSED).fetchone()[0])
