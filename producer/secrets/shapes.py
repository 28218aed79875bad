"""Secrets by their form: a well-known one within a text, or a text that is one random word."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from math import log2

REMOVED = "[secret removed]"
"""The mark that replaces a secret."""

SHORTEST = 16
"""Characters; no secret that is recognised by its form is shorter."""

WELL_KNOWN = r"""
    (?<![A-Za-z0-9_-])(?:                       # at the start of a word only, so that each word is read once
        pypi-AgE[\w-]{16,}                      # PyPI
      | (?:gh[pousr]_|github_pat_)\w{20,}       # GitHub
      | glpat-[\w-]{16,}                        # GitLab
      | (?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])   # AWS
      | AIza[\w-]{30,}                          # Google
      | (?:sk|rk)_(?:live|test)_\w{16,}         # Stripe
      | sk-(?=[\w-]*[A-Z])[\w-]{20,}            # providers of language models
      | xox[abeoprs]-[\w-]{10,}                 # Slack
      | npm_\w{30,}                             # npm
      | eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*      # JSON Web Token
      | (?:Bearer|Basic)[ ][\w.~+/=-]{16,}      # a header
    )
  | -----BEGIN[ ][A-Z ]{0,40}PRIVATE[ ]KEY-----(?s:.*?)(?:-----END[ ][A-Z ]{0,40}-----|\Z)
  | (?<=://)[^/\s:@]{0,255}:[^/\s@]{1,1024}(?=@)  # user and password in an address
    """

HINT = re.compile(
    r"pypi-A|gh[pousr]_|github_p|glpat-|A[KS]IA|AIza|[sr]k[_-]|xox|npm_|eyJ|B(?:earer|asic) |-----B|@"
)
"""A part of each of them; fast to search for, as each begins with a letter of its own."""

WORD = re.compile(r"[\w+/-]{24,}={0,2}", re.ASCII)
BASE32 = re.compile(r"(?=.*[2-7])(?=.*[G-Z])[A-Z2-7]{32,}={0,6}")
LABELLED_DIGEST = re.compile(r"(?:md5|sha1|sha224|sha256|sha384|sha512|blake2[bs])[-=:_]", re.IGNORECASE)
DIGITS = re.compile(r"[0-9]+")
MOST_EXAMINED = 128
MANY = 48
LEAST_SPREAD = 0.85
LEAST_CHANGES = 0.42


def harmless(text: str) -> bool:
    """Whether a text certainly holds no secret, by a quick check that is enough for nearly all.

    Every form that `without_secrets` and `is_random` know has a capital letter, except user
    and password in a URL.
    """
    if len(text) < SHORTEST or (text.islower() and "@" not in text):
        return True
    return not HINT.search(text) and not WORD.fullmatch(text)


def without_secrets(text: str) -> str:
    """*text* with `REMOVED` for each secret of a well-known form; *text* itself if there is none."""
    return _well_known().sub(REMOVED, text)


@cache
def _well_known() -> re.Pattern[str]:
    """Compiled when it is first needed, as that takes longer than the rest of the import."""
    return re.compile(WELL_KNOWN, re.VERBOSE | re.ASCII)


def is_random(text: str) -> bool:
    """Whether *text* is one random word, such as a key in base64.

    Not for what is common and not secret: hexadecimal digests, UUIDs, labelled digests,
    addresses, file names and sentences.
    """
    if not WORD.fullmatch(text) or LABELLED_DIGEST.match(text):
        return False
    if BASE32.fullmatch(text):
        return True
    examined = text[:MOST_EXAMINED].rstrip("=")
    return _is_mixed(examined) and _changes(examined) >= LEAST_CHANGES and _spread(examined) >= LEAST_SPREAD


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
