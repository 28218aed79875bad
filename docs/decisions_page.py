"""The index of decisions, from the head of each file."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "decisions"
HEAD = re.compile(r"# (\d{4})\. (.+)\n\nStatus: (.+)\nDate: (\d{4}-\d{2}-\d{2})\n\n")
INTRODUCTION = """# Decisions

Each file says what was decided, why, and the figure where there is one. µs are processor time unless said
otherwise; `make bench` measures most of them again. A decision that no longer holds keeps its file, with
the status `superseded by` and the number of the one that replaced it.

To add one, take the next number, write 10 to 25 lines below the same head, and run `make docs`.

| | decision | date | status |
|---|---|---|---|
"""


def decisions_page() -> str:
    """The page, a row a file.

    Raises:
        ValueError: a file's number is not in its head, or its head is not as the others'.
    """
    return INTRODUCTION + "".join(map(_row, sorted(FOLDER.glob("[0-9]*.md"))))


def _row(path: Path) -> str:
    head = HEAD.match(path.read_text(encoding="utf-8"))
    if head is None or not path.name.startswith(f"{head[1]}-"):
        raise ValueError(f"{path.name} does not begin with `# {path.name[:4]}. Title`, `Status:` and `Date:`")
    number, title, status, date = head.groups()
    return f"| {number} | [{title}]({path.name}) | {date} | {status} |\n"
