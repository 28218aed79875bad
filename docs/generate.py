"""Write the reference pages that come from the code, or check that they are current.

Usage: ``python -m docs.generate [--check]``, which is what ``make docs`` and ``make lint`` run.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .benchmarks_page import benchmark_files
from .decisions_page import decisions_page
from .events_page import events_page
from .settings_page import settings_page

FOLDER = Path(__file__).parent


def pages() -> dict[Path, str]:
    """Each generated page as it should be."""
    return {
        FOLDER / "events.md": events_page(),
        FOLDER / "settings.md": settings_page(),
        FOLDER / "decisions" / "README.md": decisions_page(),
        **benchmark_files(),
    }


def stale() -> list[Path]:
    """The pages that differ from what the code says, or are missing."""
    return [path for path, text in pages().items() if not _is(path, text)]


def main(arguments: list[str]) -> int:
    """Write the pages; with ``--check`` write nothing, and return 1 if one is stale."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"docs.generate: got {' '.join(arguments)}; expected --check or nothing\n")
        return 2
    if arguments:
        return _check()
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def _check() -> int:
    outdated = stale()
    for path in outdated:
        sys.stderr.write(f"docs/{path.relative_to(FOLDER)} is not what the code says; run `make docs`\n")
    return 1 if outdated else 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
