"""Text from clients and data files, made fit to be shown in one line and stored in any text column."""

from __future__ import annotations

from trailkeeper.producer.deceptive import plain_text

LONGEST = 100  # characters of one name
CUT = "…"


def one_line(value: object, longest: int = LONGEST) -> str | None:
    """One line without deceptive characters; None where *value* is no text or nothing remains.

    They become spaces: a name must not rewrite the line it stands in.
    """
    if not isinstance(value, str):
        return None
    line = " ".join(plain_text(value, " ").split())
    return (line if len(line) <= longest else line[: longest - 1].rstrip() + CUT) or None
