"""JSON that stays on one line for every reader.

JSON lets characters within texts that Unicode, and so many a reader of lines, takes for the end of one.
"""

from __future__ import annotations

LINE_ENDS = tuple((end.encode(), b"\\u%04x" % ord(end)) for end in "\u0085\u2028\u2029")


def one_line(encoded: bytes) -> bytes:
    """JSON in UTF-8, or lines of it, with these characters escaped; they occur in nothing but texts."""
    for end, escaped in LINE_ENDS:
        encoded = encoded.replace(end, escaped)
    return encoded
