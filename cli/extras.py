"""What to install where a library is missing."""

from __future__ import annotations

from collections.abc import Sequence

EXTRAS = {"up": "embedded", "demo": "embedded"}


def missing(error: ModuleNotFoundError, arguments: Sequence[str]) -> str:
    """One line that says which library a command line lacks, and which extra brings it."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    extra = EXTRAS.get(command, "worker,views")
    needs = f"trailkeeper {command}".rstrip()
    return f"`{needs}` needs {error.name}, which is not installed: pip install 'trailkeeper[{extra}]'"
