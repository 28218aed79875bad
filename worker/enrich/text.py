"""Text from clients and data files, made fit to be shown in one line and stored in any text column."""

from __future__ import annotations

LONGEST = 100  # characters of one name
CUT = "…"


def one_line(value: object, longest: int = LONGEST) -> str | None:
    """One line of printable characters; None where *value* is no text or nothing remains.

    Control characters, line ends, lone surrogates and the marks that turn the
    direction of writing become spaces: a name must not rewrite the line it stands in.
    """
    if not isinstance(value, str):
        return None
    if not value.isprintable():
        value = "".join(character if character.isprintable() else " " for character in value)
    line = " ".join(value.split())
    return (line if len(line) <= longest else line[: longest - 1].rstrip() + CUT) or None
