"""Whether something that is no part of an event names somebody by the id: a field of another shape, a text.

An id is looked for as a word. Where it is only digits, or a short word, it is one only behind what names
a person: ``user=7``, ``{"owner": 7}``, not ``step 7 of 9``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from trailkeeper.producer.event import MAX_ID
from trailkeeper.producer.validation.text import CUT

from .readings import readings

_PERSON = (
    "users?|actors?|accounts?|owners?|members?|customers?|authors?|persons?|people|principals?|subjects?|admins?"
    "|requesters?|creators?|editors?|reviewers?|approvers?|submitters?|uploaders?|maintainers?|assignees?"
    "|inviters?|invitees?|senders?|recipients?|employees?|clients?|contacts?|profiles?|who|sub|on[_-]?behalf[_-]?of"
)
_OF_ID = "ids?|uu?ids?|guids?|pk|fk|key|nr|no|number|value"
"""What an id is called behind the name of what has it, or within it."""
_KEY = (
    r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
    rf"(?i:(?:{_PERSON}|projects?|organi[sz]ations?)(?:[_-]?(?:{_OF_ID}|names?))?|ids?|uu?ids?|guids?|pk|logins?|usernames?)"
    r"|(?:(?<=_)by|(?<=[a-z])By)"
)
"""Names of keys whose values are ids."""
_BETWEEN = r"""(?:\sobject)?["'\\\s:=/#\[({]{1,8}"""
_IDS = {"id", "ids", "uid", "pk"}
_NAMES_ID, _NAMES_PERSON = re.compile(rf"(?i:{_OF_ID})"), re.compile(rf"(?i:{_PERSON})")
DIGITS = 15
"""So many digits are no other number by chance."""
LETTERS = 3
"""Words of at most so many letters mean other things too."""


def names(text: str, identity: str) -> bool:
    """Whether a text has an id in it, also with escapes."""
    word = _word(identity)
    return any(word.search(way) for way in readings(text.replace("\0", "")))


def may_name(text: str, identity: str) -> bool:
    """Whether an id is anywhere in a text: `names` or `mentions` find it in nothing else."""
    return any(_stem(identity) in way for way in readings(text.replace("\0", "")))


def mentions(
    value: Any, tells: Callable[[str], bool], is_another: Callable[[Any], bool], key: str = ""
) -> bool:
    """Whether a value of any shape has a text, a number or a key in it that tells.

    Args:
        value: as decoded from JSON.
        tells: of each, behind the name of its key: ``owner=7``.
        is_another: whether an object is not to be looked into, since it says that it is somebody else.
        key: of the value.
    """
    if isinstance(value, dict):
        return not is_another(value) and any(
            tells(f"{key}={name}") or mentions(item, tells, is_another, key if _has_id(key, name) else name)
            for name, item in value.items()
        )
    if isinstance(value, list):
        return any(mentions(item, tells, is_another, key) for item in value)
    return isinstance(value, str | int) and not isinstance(value, bool) and tells(f"{key}={value}")


def _has_id(key: str, name: str) -> bool:
    """Whether what has that name within a value is the value's id."""
    return key.lower() in _IDS or bool(_NAMES_PERSON.fullmatch(key) and _NAMES_ID.fullmatch(name))


@lru_cache(maxsize=64)
def _word(identity: str) -> re.Pattern[str]:
    stem = _stem(identity)
    word, end = re.escape(stem), r"(?![\w-])" if stem == identity else ""
    if _is_distinct(identity):
        return re.compile(rf"(?<![\w-]){word}{end}")
    return re.compile(rf"(?:{_KEY}){_BETWEEN}{word}{end}(?!\.\d)")


def _stem(identity: str) -> str:
    """What of an id is in messages as it was given: one that was too long ends in a digest."""
    return identity.rpartition(CUT)[0] or identity if len(identity) == MAX_ID else identity


def _is_distinct(identity: str) -> bool:
    if identity.isdecimal():
        return len(identity) >= DIGITS
    return len(identity) > LETTERS or not identity.isalpha()
