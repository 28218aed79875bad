"""Ends what a suite or a benchmark started, and removes its folders, when it is killed.

A process of its own waits for the end of its input, which the kernel closes however the suite dies.
Whatever works in a folder of the suite, or was told to put its temporary files there, belongs to it:
servers overwrite their environment and stay in their folder, Python processes do the opposite.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
GUARDED = "TRAILKEEPER_TESTS_GUARDED"
NOTHING_LEFT = b"."
SECONDS_TO_DIE = 10.0


def make_folder() -> Callable[[], None]:
    """Let everything temporary of this process and its children be in one folder, and guard that.

    A worker of pytest-xdist guards its own, any other child belongs to its parent.

    Returns:
        What removes it at the end.
    """
    role = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if os.environ.get(GUARDED) == role:
        return lambda: None
    # what failed is to be looked at afterwards
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    folder.chmod(0o755)  # Postgres' own user passes through
    os.environ |= {GUARDED: role, "TMPDIR": str(folder)}
    tempfile.tempdir = str(folder)
    folders = [folder, MEMORY / folder.name]
    owner = os.getpid()
    # by its file: as a module it would be imported twice, of which Python warns
    guard = subprocess.Popen(
        [sys.executable, "-P", __file__, *map(str, folders)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )

    def remove() -> None:
        if os.getpid() != owner:
            return  # a fork that ends as Python programs do
        guard.communicate(NOTHING_LEFT)
        _remove(folders)

    return remove


def memory_folder() -> Path:
    """A folder in memory that goes with this process as well; it need not exist yet."""
    return MEMORY / Path(tempfile.gettempdir()).name


def watch(folders: list[Path]) -> None:
    """Wait for the end of input; then, unless all ended in order, kill and remove what is left."""
    if sys.stdin.buffer.read() == NOTHING_LEFT:
        return
    deadline = time.monotonic() + SECONDS_TO_DIE
    while (left := _processes(folders)) and time.monotonic() < deadline:
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=0.2)
    _remove(folders)


def _processes(folders: list[Path]) -> list[psutil.Process]:
    others = (process for process in psutil.process_iter() if process.pid != os.getpid())
    return [process for process in others if _belongs(process, folders)]


def _belongs(process: psutil.Process, folders: list[Path]) -> bool:
    try:
        places = process.cwd(), process.environ().get("TMPDIR", "")
    except psutil.Error:
        return False  # ended meanwhile, or another user's
    return any(Path(place).is_relative_to(folder) for place in places for folder in folders)


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch([Path(argument) for argument in sys.argv[1:]])
