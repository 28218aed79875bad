"""Input from outside, checked before anything else sees it: every refusal is a 400 that names the field.

What passes here can be stored and recorded: printable text of bounded length,
so neither the database nor `emit` meets a NUL or half a surrogate pair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import request

from .errors import Refusal

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
VERSION = re.compile(r"[0-9][A-Za-z0-9.+!-]{0,39}")
FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}\.(?:whl|tar\.gz)")
SECRET = re.compile(r"[A-Z2-7]{32}")
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,40}/[A-Za-z0-9_.-]{1,60}")
WORKFLOW = re.compile(r"[A-Za-z0-9_.-]{1,60}\.ya?ml")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would deceive who reads a name."""

EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,180}")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200

Fields = Mapping[str, Any]


def body() -> Fields:
    """The request's JSON object.

    A page of another site cannot send this content type with a visitor's
    cookies, which is what protects these routes from forged requests.
    """
    try:
        value = request.get_json()
    except RecursionError as error:
        raise Refusal(400, "the body is nested too deeply") from error
    if not isinstance(value, dict):
        raise Refusal(400, "the body must be a JSON object")
    return value


def text(fields: Fields, key: str, *, at_most: int = 200, default: str | None = None) -> str:
    """A field of one line, with nothing in it that deceives who reads it."""
    value = fields.get(key, default)
    if not isinstance(value, str) or len(value) > at_most or UNSEEN.search(value):
        raise Refusal(400, f"{key} must be one line of text of at most {at_most} characters")
    return value


def name(fields: Fields, key: str) -> str:
    """A field that names a user, project or organization."""
    return _match(fields, key, NAME, "letters, digits and . _ - between them, at most 63")


def email(fields: Fields, key: str = "email") -> str:
    return _match(fields, key, EMAIL, "an e-mail address").lower()


def version(fields: Fields, key: str = "version") -> str:
    return _match(fields, key, VERSION, "a version such as 1.0.2")


def filename(fields: Fields, key: str = "filename") -> str:
    return _match(fields, key, FILENAME, "a file name ending in .whl or .tar.gz")


def secret(fields: Fields, key: str = "secret") -> str:
    return _match(fields, key, SECRET, "the secret that was proposed")


def repository(fields: Fields, key: str = "repository") -> str:
    return _match(fields, key, REPOSITORY, "a repository such as octo/sampler")


def workflow(fields: Fields, key: str = "workflow") -> str:
    return _match(fields, key, WORKFLOW, "a workflow's file name such as release.yml")


def password(fields: Fields, key: str = "password") -> str:
    """A password, of which only the length is judged here."""
    value = fields.get(key)
    if not isinstance(value, str) or not SHORTEST_PASSWORD <= len(value) <= LONGEST_PASSWORD:
        raise Refusal(400, f"{key} must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Refusal(400, f"{key} holds half a character")
    return value


def choice(fields: Fields, key: str, allowed: tuple[str, ...]) -> str:
    """A field that is one of a few words."""
    value = fields.get(key)
    if value not in allowed:
        raise Refusal(400, f"{key} must be one of {', '.join(allowed)}")
    return str(value)


def _match(fields: Fields, key: str, pattern: re.Pattern[str], expected: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or UNSEEN.search(value) or not pattern.fullmatch(value):
        raise Refusal(400, f"{key} must be {expected}")
    return value
