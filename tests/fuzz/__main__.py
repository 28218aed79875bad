"""`python -m tests.fuzz [--messages N] [--seed S] [--json]`: hostile messages, read and drained.

Ends with exit code 1 if one raised, stalled, vanished, or made memory grow.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from .draining import Drained, drained

MESSAGES = 1_000_000
MOST_GROWTH = 1.1


def main(arguments: Sequence[str]) -> int:
    """Fuzz the reading with atheris, then the drain as a whole.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description="Hostile messages, a million of them."
    )
    parser.add_argument("--messages", type=int, default=MESSAGES, help="for each of the two ways")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    asked = parser.parse_args(arguments)
    console = Console(stderr=asked.json, highlight=False)
    read = _read(asked.messages)
    found = _drained(asked.seed, asked.messages, console)
    answer = {"messages_read": asked.messages, "reading_failed": bool(read), **msgspec.to_builtins(found)}
    console.print(answer)
    if asked.json:
        print(msgspec.json.encode(answer).decode(), flush=True)  # noqa: T201 - the answer
    return 1 if read or not is_sound(found) else 0


def is_sound(found: Drained) -> bool:
    """Whether no message vanished and memory stayed flat."""
    early, late = found.memory_mb
    return found.unaccounted == 0 and late <= early * MOST_GROWTH


def _read(messages: int) -> int:
    # a process of its own: libFuzzer ends the one it runs in
    command = [sys.executable, "-m", "tests.fuzz.decoding", str(messages)]
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode


def _drained(seed: int, messages: int, console: Console) -> Drained:
    home = Path(tempfile.mkdtemp(prefix="tk-fuzz-"))
    home.chmod(0o755)  # Postgres' own user passes through
    try:
        return drained(home, seed, messages, console.print)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
