"""Which processes belong to a data folder, on disk: what the next `up` and the guard go by after a crash.

A record holds the process id and when the process began, since ids are used again.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from .errors import EmbeddedError

SUFFIX = ".pid"
GRACE_SECONDS = 10.0
CLOCK_TICK = 0.05  # how much two readings of one process' beginning may differ


def record(folder: Path, name: str, pid: int) -> None:
    """Note that *pid* belongs to this data folder."""
    draft = folder / f"{name}.new"
    draft.write_text(f"{pid} {_began(pid)}\n")
    draft.replace(folder / f"{name}{SUFFIX}")


def forget(folder: Path, name: str) -> None:
    """Remove the record of a process that ended."""
    (folder / f"{name}{SUFFIX}").unlink(missing_ok=True)


def end_recorded(folder: Path, name: str = "*") -> list[str]:
    """End what is recorded, or only what is called *name*, and still lives: on request, then by force.

    Returns:
        The names of what still ran.
    """
    records = _read(folder, name)
    alive = {recorded: pid for recorded, pid, began in records if _same(pid, began)}
    for pid in alive.values():
        _ask_to_end(pid)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_began(pid) for pid in alive.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in alive.values():
        end_group(pid)
    for recorded, _, _ in records:
        forget(folder, recorded)
    return sorted(alive)


def end_group(leader: int) -> None:
    """Kill every process of the group that *leader* founded, itself included."""
    # gone already, or the number belongs to another user's processes by now
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _read(folder: Path, name: str) -> list[tuple[str, int, float]]:
    records = []
    for file in sorted(folder.glob(f"{name}{SUFFIX}")):
        try:
            pid, began = file.read_text().split()
            records.append((file.name.removesuffix(SUFFIX), int(pid), float(began)))
        except ValueError as error:
            raise EmbeddedError(f"{file} is not a record of ours: remove it ({error})") from error
    return records


def _same(pid: int, began: float) -> bool:
    now = _began(pid)
    return now > 0 and abs(now - began) < CLOCK_TICK


def _began(pid: int) -> float:
    """When a living process began, in seconds since the machine did; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return 0.0 if fields[0] in "ZX" else int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _ask_to_end(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)
