"""Secrets by their randomness: for texts of which nobody declared what they are."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import log2

from .forms import BASE64, NAME_WORD, random

SHORTEST_RANDOM = 32
"""Characters. Shorter random words are ids: of KSUID 27, of Firebase 28, of YouTube 24, of nanoid 21."""

WORD = re.compile(r"[\w+/-]{32,}={0,2}", re.ASCII)
BASE32 = re.compile(r"(?=.*[2-7])(?=.*[G-Z])[A-Z2-7]{32,}={0,6}")
LABELLED = re.compile(
    r"(?:md5|sha1|sha224|sha256|sha384|sha512|blake2[bs]|h1|hmac-sha256)[-=:_]|cs_(?:test|live)_",
    re.IGNORECASE,
)
"""How digests begin that say so, and Stripe's ids of 58 characters."""

LABEL = re.compile(r"[A-Za-z]{1,12}(?:_(?:test|live))?_(?=[A-Za-z0-9]+\Z)")
"""How ids begin that say of what: ``price_``, ``PR_``."""

_MIXED = r"(?=[^a-z\s]{0,40}[a-z])(?=[^A-Z\s]{0,40}[A-Z])"
AWS_SECRET = re.compile(rf"(?<![A-Za-z0-9]){_MIXED}{random(4, BASE64, '40')}(?![A-Za-z0-9])", re.ASCII)
"""AWS's secret half of a key. Others look like it: it is looked for only where the other half is."""

_NAMED = re.compile(rf"(?:[a-z]{{2,16}}[0-9]{{0,4}})?{NAME_WORD}*(?:[A-Z]{{1,4}}[0-9]{{0,4}}|[0-9]{{1,8}})?")
"""A piece of a path that is made of words."""

AWS_ID = re.compile("(?<![A-Za-z0-9])A(?:KI|SI)A[A-Z0-9]{16}(?![A-Za-z0-9])")
"""The other half. It is an id, and tells whose key to take back: it stays."""

HEXADECIMAL = re.compile("[0-9a-f]{32,}", re.IGNORECASE)
LOWER = re.compile("[a-z0-9]{32,}")
"""As Django's sessions are."""

DIGITS = re.compile(r"[0-9]+")
MOST_EXAMINED = 128
MANY = 48
LEAST_SPREAD = 0.85
LEAST_CHANGES = 0.42
MOST_NAMED = 0.6
LEAST_ASCII = 4
"""Characters to one that is not of ASCII in a name or password in Latin-1; ordinary words read as more."""


def is_random(text: str) -> bool:
    """Whether *text* is one random word, such as a key in base64.

    Not for what is common and not secret: hexadecimal digests, UUIDs, labelled digests and ids, ids of
    GraphQL (a text in base64), addresses, file names and sentences.
    """
    if not WORD.fullmatch(text) or LABELLED.match(text):
        return False
    if BASE32.fullmatch(text):
        return True
    text = text[LABEL.match(text).end() :] if LABEL.match(text) else text  # type: ignore[union-attr]
    examined = text[:MOST_EXAMINED].rstrip("=")
    return (
        len(examined) >= SHORTEST_RANDOM
        and _is_mixed(examined)
        and _changes(examined) >= LEAST_CHANGES
        and _spread(examined) >= LEAST_SPREAD
        and not _is_text(text)
    )


def is_key(text: str) -> bool:
    """Whether *text* could be a key, where one is to be feared: without capitals too."""
    return is_random(text) or bool(
        HEXADECIMAL.fullmatch(text)
        or (LOWER.fullmatch(text) and not text.isalpha())
        or (AWS_SECRET.fullmatch(text) and not _is_path(text))
    )


def halves_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what looks like the secret half of a key of AWS, and is no path."""
    found = AWS_SECRET.search(text)
    while found:
        is_path = _is_path(found[0])
        if not is_path:
            yield found.span()
        found = AWS_SECRET.search(text, found.start() + 1 if is_path else found.end())


def _is_path(text: str) -> bool:
    """Whether most of it is in pieces that are made of words: ``DataLake/Year2024/Month01``."""
    named = sum(len(piece) + 1 for piece in re.split("[/+]", text) if _NAMED.fullmatch(piece))
    return named > len(text) * MOST_NAMED


def is_user_and_password(text: str) -> bool:
    """Whether *text*, perhaps cut off, is both in base64, joined by a colon."""
    coded = text.rstrip("=").replace("-", "+").replace("_", "/")
    whole = len(coded) - (len(coded) % 4 == 1)
    try:
        pair = _read(b64decode(coded[:whole] + "=" * (-whole % 4)))
    except ValueError:
        return False
    user, joined, password = pair.partition(":")
    return bool(joined) and (bool(user) or password.isascii()) and pair.isprintable()


def _read(raw: bytes) -> str:
    """Bytes as UTF-8, else as Latin-1, in which clients write them too, if most letters are of ASCII."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pair = raw.decode("latin-1")
        others = [sign for sign in pair if not sign.isascii()]
        enough = max(len(others) * LEAST_ASCII, 2 * LEAST_ASCII) <= len(pair)
        likely = enough and all(map(str.isalpha, others))
        return pair if likely else ""


def _is_text(text: str) -> bool:
    """Whether it is printable text in base64, as ids of GraphQL are: ``010:Repository1296269``."""
    try:
        decoded = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return decoded.isascii() and decoded.decode().isprintable()


def _is_mixed(text: str) -> bool:
    """Whether it has upper and lower case, and digits in several places: a name may end with a year."""
    return not (text.islower() or text.isupper()) and len(DIGITS.findall(text)) > 1


def _changes(text: str) -> float:
    """How often neighbours differ in kind, upper, lower or digit: 0.6 in random text, 0.2 in names."""
    kinds = [0 if letter.islower() else 1 if letter.isupper() else 2 for letter in text]
    return sum(one != other for one, other in pairwise(kinds)) / (len(text) - 1)


def _spread(text: str) -> float:
    """Shannon entropy of the characters, relative to random text of the same length."""
    counts = Counter(text).values()
    entropy = -sum(count / len(text) * log2(count / len(text)) for count in counts)
    return entropy / log2(min(len(text), MANY))
