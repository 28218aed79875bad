"""Characters that deceive who reads a text: they end its line, steer a terminal or turn its direction.

The one place that says which. All others stay: names need joiners (Persian, Hindi, emoji), marks of direction
within a word, and spaces of every width.
"""

from __future__ import annotations

import re
from unicodedata import category

DECEPTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls
    "\u2028\u2029"  # ends of a line and of a paragraph
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates, which turn what follows
    "\u206a-\u206f\ufff9-\ufffb"  # deprecated, and annotations
    "\ud800-\udfff]"  # halves of a surrogate pair, which cannot be written
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a sign without any ink."""

_SEEN = frozenset("LNPS")
"""General categories of what is seen: letters, numbers, punctuation and symbols."""


def is_visible(text: str) -> bool:
    """Whether there is anything to see of a text, besides marks upon nothing."""
    return any(map(_has_ink, text))  # nearly always the first


def _has_ink(letter: str) -> bool:
    return category(letter)[0] in _SEEN and letter not in _BLANK


def is_plain(text: str) -> bool:
    """Whether a text shows all that it is, on one line."""
    # nearly all text is printable, which is quick to see; what is not may still be no deception
    return text.isprintable() or not DECEPTIVE.search(text)


def plain_text(text: str, replacement: str = REPLACEMENT) -> str:
    """*text* with each deceptive character replaced; the same text if there is none."""
    return text if text.isprintable() else DECEPTIVE.sub(replacement, text)
