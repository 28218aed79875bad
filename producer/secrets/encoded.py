"""Texts within texts: what a form, a page or JSON wrote in another way, read as it was meant."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_SIGNS = re.compile(r"%22|%27|%3A|%20PRIVATE|\+PRIVATE|&quot;|&#3[49];|&#x2[27];|\\u002[27]", re.IGNORECASE)
"""Quotes, colons and keys, without which there is nothing that is not found as it stands."""

_QUOTES = re.compile(r"(?P<double>&quot;|&#34;|&#x22;|\\u0022)|&#39;|&#x27;|\\u0027", re.IGNORECASE)


def decoded(text: str) -> str | None:
    """What a text says once it is decoded; None for one that holds nothing to decode, as nearly all."""
    if not _SIGNS.search(text):
        return None
    return _QUOTES.sub(lambda sign: '"' if sign["double"] else "'", unquote_plus(text))
