"""Personal data in payloads: where the catalogue says it is, in Python and, on rows ``e``, in SQL.

A path such as ``filters.address`` names the key `address` anywhere within the payload's key `filters`,
through objects and lists. Postgres gets the paths as JSON paths, by tag.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from trailkeeper.producer.catalogue import Catalogue

from .addresses import NETWORK_BITS

Path = tuple[str, ...]
Payload = dict[str, Any]
Change = Callable[[Any], Any]

GONE: Any = object()
"""What a change returns of a value that is to go."""

_BITS = f"CASE family(e.ip) WHEN 4 THEN {NETWORK_BITS[4]} ELSE {NETWORK_BITS[6]} END"

HAS_ADDRESS = f"coalesce(masklen(e.ip) > {_BITS}, false)"
"""Whether the address is one of a single machine."""

NETWORK = f"network(set_masklen(e.ip, {_BITS}))::inet"
"""The network of the address."""


_HAS = "coalesce(jsonb_path_exists(e.additional, CAST(CAST(:{} AS jsonb) ->> e.tag AS jsonpath)), false)"
HAS_KEYS = _HAS.format("present")
"""Whether the payload holds personal keys; the parameter is `PersonalKeys.present`."""

HAS_IDENTIFYING_KEYS = _HAS.format("naming")
"""Whether it holds some that name the event's user; the parameter is `PersonalKeys.naming`."""


def has_address(value: str) -> str:
    """Whether a text has an address in it, in SQL."""
    return _has_address(value, value)


def has_address_in_json(value: str) -> str:
    """Whether a JSON value has an address in one of its texts or keys, in SQL.

    JSON's escapes are blanks then, save for that of a backslash: of an address they are no part.
    """
    written = f"CAST({value} AS text)"
    # no control character stands in JSON as it is
    marked = rf"regexp_replace(replace({written}, '\\', chr(1)), '\\(u[0-9a-f]{{4}}|[^u])', ' ', 'g')"
    return _has_address(written, rf"replace({marked}, chr(1), '\')")


def _has_address(written: str, meant: str) -> str:
    # CASE, as AND looks at the second even where the first is NULL
    return f"CASE WHEN {written} ~ :candidate THEN {meant} ~ :address ELSE false END"


_FOUND = "jsonb_path_query_array(e.additional, CAST(path AS jsonpath))"
HAS_ADDRESS_IN_KEYS = f"""
    CASE WHEN CAST(e.additional AS text) ~ :candidate
         THEN EXISTS (SELECT FROM jsonb_array_elements_text(CAST(:each AS jsonb) -> e.tag) AS path
                       WHERE {has_address_in_json(_FOUND)})
         ELSE false END
"""
"""Whether there is an address in a personal key; the parameter is `PersonalKeys.each`."""


class PersonalKeys:
    """The personal keys of a catalogue's event types."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._paths = {kind.tag: _paths((*kind.personal, *kind.identifying)) for kind in catalogue}
        self._scopes = {kind.tag: kind.scope for kind in catalogue}
        self._declared = {kind.tag: tuple(kind.payload) for kind in catalogue}
        self._identifying = {kind.tag: _paths(kind.identifying) for kind in catalogue}
        self._verified = {kind.tag: _paths(kind.verified) for kind in catalogue}
        self.present = _by_tag(self._paths)
        """A JSON path by tag, as JSON: the payload holds a personal key."""
        self.naming = _by_tag(self._identifying)
        """Likewise: it holds an identifying one."""
        each = {tag: [f"${_json_path(path)}" for path in of_tag] for tag, of_tag in self._paths.items()}
        self.each = json.dumps(each, sort_keys=True)
        """All JSON paths by tag, as JSON: one to each personal key."""

    def of(self, tag: str) -> tuple[Path, ...] | None:
        """The personal keys of a tag; None if the catalogue does not know it."""
        return self._paths.get(tag)

    def scope(self, tag: str) -> str | None:
        """The scope of a tag; None of one that the catalogue does not know."""
        return self._scopes.get(tag)

    def split(self, tag: str, payload: Payload | None) -> tuple[Payload, Payload]:
        """What a payload has in the keys of its tag; and besides, of which nobody knows what it is.

        Of a tag that the catalogue does not know, all is besides.
        """
        declared = self._declared.get(tag, ())
        known = {key: item for key, item in (payload or {}).items() if key in declared}
        return known, {key: item for key, item in (payload or {}).items() if key not in declared}

    def without(self, tag: str, payload: Payload | None) -> Payload | None:
        """A payload without its personal keys; None where nothing is left."""
        return self.changed(tag, payload, lambda _: GONE)

    def changed(self, tag: str, payload: Payload | None, change: Change) -> Payload | None:
        """A payload with each personal value changed; None where nothing is left."""
        for path in self.of(tag) or ():
            payload = payload and change_at(payload, path, change)
        return payload or None

    def identifying(self, tag: str, payload: Payload | None) -> Iterator[Any]:
        """The values that name the event's user, as somebody says."""
        return _values(payload or {}, self._identifying.get(tag, ()))

    def verified(self, tag: str, payload: Payload | None) -> Iterator[Any]:
        """Those of them that are known to be the user's."""
        return _values(payload or {}, self._verified.get(tag, ()))


def _values(payload: Payload, paths: Iterable[Path]) -> Iterator[Any]:
    found: list[Any] = []

    def note(value: Any) -> Any:
        found.append(value)
        return value

    for path in paths:
        change_at(payload, path, note)
    return iter(found)


def change_at(payload: Payload, path: Path, change: Change) -> Payload:
    """A payload with what lies at a path changed."""
    first, rest = path[0], path[1:]
    if first not in payload:
        return payload
    return _kept({**payload, first: _changed(payload[first], rest, change)})


def _changed(value: Any, path: Path, change: Change) -> Any:
    if not path:
        return change(value)
    if isinstance(value, list):
        return [left for item in value if (left := _changed(item, path, change)) is not GONE]
    if isinstance(value, dict):
        return _kept(
            {key: _changed(item, path[1:] if key == path[0] else path, change) for key, item in value.items()}
        )
    return value


def _kept(value: Payload) -> Payload:
    return {key: item for key, item in value.items() if item is not GONE}


def _paths(names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(tuple(name.split(".")) for name in names)


def _by_tag(paths: dict[str, tuple[Path, ...]]) -> str:
    found = {
        tag: f"$ ? ({' || '.join(f'exists(@{_json_path(path)})' for path in of_tag)})"
        for tag, of_tag in paths.items()
        if of_tag
    }
    return json.dumps(found, sort_keys=True)


def _json_path(path: Path) -> str:
    return ".**".join(f".{json.dumps(key)}" for key in path)
