"""How a process is ended, and how it ended, in words."""

from __future__ import annotations

import signal
import subprocess


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a process to end; one that has not after *patience* seconds is killed."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ending_of(process: subprocess.Popen[bytes] | None) -> str:
    """``was killed by SIGKILL``, ``ended with exit code 2``."""
    code = process.poll() if process else None
    if code is None:
        return "has not ended"
    return f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
