"""Email addresses within text, wherever one may begin and end.

Their local part may have most signs (RFC 5322). Some of these are seen in addresses, ``o'brien@…``,
and more often beside them: ``email=ann@…``, ``'ann@…'``, ``|ann@…``, ``export_ann@…``. So a text has the
address with the sign, and the one behind it. A word goes on with one dot, hyphen or plus between letters.

Where an address begins and ends is looked for in the text as it was written: composed, ``…`` is three dots,
and ``™`` two letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from .readings import readings

LONGEST = 254
"""Characters of a local part, and of a domain: more than an address may have."""

_AT = re.compile(r"[@\uff20\ufe6b]")
_MAY_HAVE = re.compile(rf"{_AT.pattern}|[%\\]")
_SIGNS = frozenset("!#$%&'*/=?^`{|}~_")
_JOINING = frozenset(".+-")
"""Signs with which a word goes on, between two letters."""
_BESIDE = _SIGNS | _JOINING


def emails_in(text: str) -> set[str]:
    """The email addresses that may be in a text, in lower case."""
    if not _MAY_HAVE.search(text):
        return set()
    return {email for way in readings(text) for written in {way, plain(way)} for email in _emails(written)}


def emails_said(text: str) -> set[str]:
    """The same; of a text that is an email address as a whole, that one alone."""
    found = emails_in(text)
    return {whole} if (whole := plain(text)) in found else found


def plain(text: str) -> str:
    """A text as it is compared: composed, in lower case, with single spaces."""
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()


def _emails(text: str) -> Iterator[str]:
    for match in _AT.finditer(text):
        domains = {plain(domain) for domain in _domains(text, match.end())}
        for local in set(_locals(text, match.start())) if domains else ():
            yield from (f"{plain(local)}@{_decoded(domain)}" for domain in domains)


def _locals(text: str, end: int) -> Iterator[str]:
    """The local parts that may end there."""
    begin = end
    while begin > max(0, end - LONGEST) and (_is_letter(text[begin - 1]) or text[begin - 1] in _BESIDE):
        begin -= 1
    run = text[begin:end]
    for start in range(len(run)):
        if start == 0 or _is_sign(run, start - 1) or _is_joined(run[start - 1], run[start]):
            yield run[start:]
            yield _from_letter(run[start:])


def _domains(text: str, begin: int) -> Iterator[str]:
    """The domains that may begin there."""
    end = begin
    while end < min(len(text), begin + LONGEST) and (_is_letter(text[end]) or text[end] in ".-_"):
        end += 1
    for stop in range(begin + 1, end + 1):
        if stop == end or _is_sign(text, stop) or _is_joined(text[stop], text[stop - 1]):
            name = text[begin:stop].rstrip(".-_")
            if name[:1].isalnum():
                yield name


def _is_sign(text: str, place: int) -> bool:
    """Whether an address may begin behind that character, or end before it."""
    if text[place] in _JOINING:
        beside = text[max(0, place - 1) : place + 2].replace(text[place], "")
        return len(beside) < len("ab") or not all(map(_is_letter, beside))
    return text[place] in _SIGNS


def _decoded(name: str) -> str:
    """A domain as people read it, also where a text has it in ASCII."""
    if "xn--" not in name:
        return name
    try:
        return plain(name.encode().decode("idna"))
    except UnicodeError:
        return name


def _from_letter(local: str) -> str:
    """Without what emphasis puts in front: ``_ann@…_``."""
    begin = next((place for place, char in enumerate(local) if char.isalnum()), 0)
    return local[begin:]


def _is_letter(char: str) -> bool:
    """Whether a word has it; ``①`` and ``½``, which are numbers to Python, stand beside words."""
    return char.isalpha() or char.isdecimal() or unicodedata.category(char)[0] == "M"


def _is_joined(outside: str, inside: str) -> bool:
    """Whether a word of a script that needs no blanks may end beside an address: ``ann@example.orgさん``."""
    return inside.isascii() and unicodedata.category(outside) == "Lo"
