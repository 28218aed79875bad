"""Values whose parts have names, as mappings: rows, named tuples, headers and forms.

A list of the parts alone would lose the names, by which a reader knows them and secrets are found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

FIELDS = ("_fields", "__fields__", "__match_args__")
"""Where a tuple has its names: a named one or SQLAlchemy's row, Spark's, and those of `time` and `os`."""

GETTERS = ("getlist", "getall", "get_list", "get_all")
"""Methods for all values of a name, as multi-mappings of web frameworks and of the standard library have."""

ALL = ("lists", "multi_items", "allitems", "items")
"""Their methods for all names and values. The first one counts: `items` may give each name one value."""

OF_A_URL = ("geturl", "render_as_string")
"""Methods of the URLs of `urllib.parse` and of SQLAlchemy, which masks the password."""

PAIR = 2


class Several(list[Any]):
    """All values that one name has."""


def by_name(value: Any) -> Mapping[Any, Any] | None:
    """A value whose parts have names as a mapping of these; None if it has none."""
    if isinstance(value, Mapping):
        return _collected(_all_of(value)) if _has_one(value, *GETTERS) else value
    if isinstance(value, Sequence):
        names = _names_of(value)
        return None if names is None else _collected(zip(names, value, strict=True))
    if _has_one(value, "keys") and _has_one(value, "__getitem__") and isinstance(value, Sized):
        return _of_keys(value) if isinstance(value, Container) else None
    return None


def headers_of(value: Any) -> list[dict[bytes, bytes]] | None:
    """Pairs of bytes, as ASGI has headers, as an object each; None if it is anything else."""
    if not isinstance(value, Collection) or not len(value) or not all(map(_is_header, value)):
        return None
    return [{name: text} for name, text in value]


def url_method(value: Any) -> Callable[[], str | bytes] | None:
    """What gives a URL that is a tuple of its parts as text; None if it is none."""
    if isinstance(value, tuple):
        for name in OF_A_URL:
            if _has_one(value, name):
                return getattr(value, name)  # type: ignore[no-any-return]  # the method that was looked for
    return None


def as_read(value: Any) -> Any:
    """A value for a message: a URL as text, and what has names for its parts with these."""
    if (as_url := url_method(value)) is not None:
        return as_url()
    named = by_name(value)
    return headers_of(value) or value if named is None else named


def _is_header(pair: Any) -> bool:
    return type(pair) in {tuple, list} and len(pair) == PAIR and all(isinstance(part, bytes) for part in pair)


def _names_of(value: Any) -> list[str] | None:
    """The names of a sequence's parts; None if not each has one."""
    if _has_one(value, "keys"):  # rows of sqlite3 and of psycopg2
        names = list(value.keys())
        return names if _fit(names, value) else None
    for place in FIELDS if isinstance(value, tuple) else FIELDS[:1]:
        found: Any = getattr(value, place, None)
        if isinstance(found, (tuple, list)) and found and _fit(found, value):
            return list(found)
    return None


def _fit(names: Sequence[Any], value: Sized) -> bool:
    return len(names) == len(value) and all(isinstance(name, str) for name in names)


def _of_keys(value: Any) -> Mapping[Any, Any] | None:
    """What is read like a mapping and is none; not what has numbers for its keys, as a series of pandas."""
    names = list(value.keys())
    if not all(isinstance(name, (str, bytes)) for name in names):
        return None
    return _collected(_all_of(value)) if _has_one(value, "items") else {name: value[name] for name in names}


def _all_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Name and value, as often as a name has one."""
    method = next(name for name in ALL if _has_one(value, name))
    for name, part in getattr(value, method)():
        if method == "lists" and part:
            yield from ((name, one) for one in part)
        else:
            yield name, part


def _collected(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Each name with its value, or with all of them."""
    made: dict[Any, Any] = {}
    for name, value in pairs:
        if name not in made:
            made[name] = value
        elif type(made[name]) is Several:
            made[name].append(value)
        else:
            made[name] = Several((made[name], value))
    return made


def _has_one(value: Any, *methods: str) -> bool:
    """Whether its class has one of these methods; an object itself may seem to have any."""
    return any(callable(getattr(type(value), name, None)) for name in methods)
