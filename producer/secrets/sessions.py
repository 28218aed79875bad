"""Ids of live sessions in facts that are no event, such as those of a wrong call, wherever they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trailkeeper.producer.validation.nested import MAX_DEPTH

from .fields import FieldsSearch
from .randomness import SHORTEST_RANDOM
from .words import names_session

CREDENTIAL = "credential"
SAYS_WHICH = ("kind", "id_is_public")
"""Keys of a credential that do not tell its id."""

SHORTEST_SESSION = SHORTEST_RANDOM // 2
"""Characters. What is shorter may be how many sessions there are, or how long one was."""


def without_sessions(facts: Mapping[str, Any], fields: FieldsSearch) -> dict[str, Any]:
    """Facts with fingerprints in the place of ids that somebody could log in with.

    That is what stands in the place of a credential, in whatever form; an object that says to be a
    session, in any place; and what was passed by the name of one: ``emit(…, session_id=…)``.

    Args:
        facts: JSON values. Those that are nested too deeply are left to the search for secrets.
        fields: makes the fingerprints.
    """
    search = _SessionsSearch(fields)
    return {name: search.argument(name, value) for name, value in facts.items()}


class _SessionsSearch:
    def __init__(self, fields: FieldsSearch) -> None:
        self._fields = fields

    def argument(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= SHORTEST_SESSION and names_session(name):
            return self._id("session", value)
        return self._value(name, value)

    def _value(self, key: str, value: Any, depth: int = MAX_DEPTH) -> Any:
        if not depth:
            return value
        if key == CREDENTIAL:
            return self._credential(value, depth - 1)
        if isinstance(value, list):
            return [self._value("", item, depth - 1) for item in value]
        if not isinstance(value, dict):
            return value
        if _names(value.get("kind")):
            return self._object(value, depth - 1)
        return {name: self._value(name, item, depth - 1) for name, item in value.items()}

    def _credential(self, value: Any, depth: int) -> Any:
        if not depth:
            return value
        if isinstance(value, dict):
            return self._object(value, depth - 1)
        if isinstance(value, list):
            if value and isinstance(value[0], str):
                kind, *others = value
                return [kind, *(self._id(kind, other) for other in others)]
            return [self._credential(item, depth - 1) for item in value]
        # whatever was meant by it
        return self._id("session", value)

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        kind, given = value.get("kind"), value.get("id")
        is_public = value.get("id_is_public") is True
        made: dict[str, Any] = {}
        for name, item in value.items():
            if name == "id":
                made[name] = self._id(kind, item, is_public=is_public)
            elif name == "label":
                made[name] = self._fields.label(kind, None if is_public else given, item)
            elif name in SAYS_WHICH or is_public or not _names(kind):
                made[name] = self._value(name, item, depth)
            else:
                made[name] = self._id(kind, item)
        return made

    def _id(self, kind: Any, given: Any, *, is_public: bool = False) -> Any:
        if isinstance(given, (list, dict)):
            # no id; but of a session, whatever is in it
            text = json.dumps(given)
            return self._fields.credential_id(kind, text, is_public=False) if _names(kind) else given
        if isinstance(given, bool):
            return given
        return self._fields.credential_id(kind, given, is_public=is_public)


def _names(kind: Any) -> bool:
    return isinstance(kind, str) and names_session(kind)
