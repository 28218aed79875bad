"""Personal data in payloads: where the catalogue says it is, in Python and, on rows ``e``, in SQL.

A path such as ``filters.address`` names the key `address` anywhere within the payload's key `filters`,
through objects and lists. Postgres gets the paths as JSON paths, by tag.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from trailkeeper.producer.catalogue import Catalogue

from .addresses import ADDRESS

Path = tuple[str, ...]
Payload = dict[str, Any]
Change = Callable[[Any], Any]

GONE: Any = object()
"""What a change returns of a value that is to go."""

NETWORK_BITS = "CASE family(e.ip) WHEN 4 THEN 24 ELSE 48 END"

HAS_ADDRESS = f"coalesce(masklen(e.ip) > {NETWORK_BITS}, false)"
"""Whether the address is one of a single machine."""

NETWORK = f"network(set_masklen(e.ip, {NETWORK_BITS}))::inet"
"""The network of the address."""


def matches(parameter: str) -> str:
    """Whether the payload fits the JSON path of its tag, in SQL; the parameter is one of `by_tag`."""
    return (
        f"coalesce(jsonb_path_exists(e.additional, CAST(CAST(:{parameter} AS jsonb) ->> e.tag AS jsonpath)),"
        " false)"
    )


class PersonalKeys:
    """The personal keys of a catalogue's event types."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._paths = {kind.tag: _paths((*kind.personal, *kind.identifying)) for kind in catalogue}
        self._declared = {kind.tag: tuple(kind.payload) for kind in catalogue}
        self._identifying = {kind.tag: _paths(kind.identifying) for kind in catalogue}
        self.present = _by_tag(self._paths, "")
        """JSON paths by tag, as JSON: the payload holds a personal key."""
        self.addresses = _by_tag(self._paths, WITH_ADDRESS)
        """Likewise: there is an address in one."""

    def of(self, tag: str) -> tuple[Path, ...] | None:
        """The personal keys of a tag; None if the catalogue does not know it."""
        return self._paths.get(tag)

    def declared(self, tag: str) -> tuple[str, ...]:
        """The payload keys of a tag; none of one that the catalogue does not know."""
        return self._declared.get(tag, ())

    def without(self, tag: str, payload: Payload | None) -> Payload | None:
        """A payload without its personal keys; None where nothing is left."""
        return self.changed(tag, payload, lambda _: GONE)

    def changed(self, tag: str, payload: Payload | None, change: Change) -> Payload | None:
        """A payload with each personal value changed; None where nothing is left."""
        for path in self.of(tag) or ():
            payload = payload and change_at(payload, path, change)
        return payload or None

    def identifying(self, tag: str, payload: Payload | None) -> Iterator[Any]:
        """The values that name the event's user."""
        found: list[Any] = []

        def note(value: Any) -> Any:
            found.append(value)
            return value

        for path in self._identifying.get(tag, ()):
            change_at(payload or {}, path, note)
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


_LIKE = f"like_regex {json.dumps(ADDRESS)}"
WITH_ADDRESS = f'.** ? (@ {_LIKE} || exists(@ ? (@.type() == "object").keyvalue().key ? (@ {_LIKE})))'
"""The end of a JSON path: a text, or the key of an object, with an address in it."""


def _by_tag(paths: dict[str, tuple[Path, ...]], end: str) -> str:
    found = {
        tag: f"$ ? ({' || '.join(f'exists({_json_path(path)}{end})' for path in of_tag)})"
        for tag, of_tag in paths.items()
        if of_tag
    }
    return json.dumps(found, sort_keys=True)


def _json_path(path: Path) -> str:
    return "@" + ".**".join(f".{json.dumps(key)}" for key in path)
