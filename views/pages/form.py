"""The form of a history's filters: fields as the template draws them, and the chips of what is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from trailkeeper.models.histories.question import MAX_TEXT

from .addresses import Query
from .event_types import Group
from .typed_filters import LABELS, SPANS, TIMES, TypedFilters
from .words import plain

To = Callable[[Query], str]
"""From the filters to the address of this page."""

HINTS = {
    "actor": "The id of who did it",
    "address": "Such as 192.0.2.7 or 192.0.2.0/24",
    "country": "Two letters, such as DE",
    "asn": "A number such as AS13335",
    "client": "Such as Firefox, twine or browser",
}
LONGEST = {"text": MAX_TEXT, "client": MAX_TEXT, "country": 2, "asn": 12, "address": 64}


@dataclass(frozen=True)
class Field:
    """One field; `kind` is that of the input, or ``select`` or ``check``."""

    name: str
    label: str
    kind: str
    value: str
    hint: str = ""
    placeholder: str = ""
    longest: int | None = None
    groups: tuple[Group, ...] = ()
    on: str = "1"


@dataclass(frozen=True)
class Chip:
    """One filter in use, and the address without it; `moment` is the value where that is a time."""

    name: str
    value: str
    without: str
    moment: datetime | None = None


def fields(offered: tuple[str, ...], filters: TypedFilters, groups: list[Group]) -> list[Field]:
    """The form's fields in their order."""
    return [_field(name, filters.values.get(name, ""), groups) for name in offered]


def _field(name: str, value: str, groups: list[Group]) -> Field:
    label = LABELS[name]
    match name:
        case "tag":
            return Field(name, label, "select", value, placeholder="Any type", groups=tuple(groups))
        case "via_service":
            return Field(name, label, "check", value)
        case "since" | "until":
            return Field(name, label, "datetime-local", local(value))
        case _:
            return Field(name, label, "text", value, hint=HINTS.get(name, ""), longest=LONGEST.get(name))


def local(value: str) -> str:
    """A time as its input takes it: of UTC and without a zone."""
    moment = _moment(value)
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}" if moment.second else f"{moment:%Y-%m-%dT%H:%M}"


def _moment(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def chips(offered: tuple[str, ...], filters: TypedFilters, to: To) -> list[Chip]:
    """What is in use, in the order of the form."""
    return [
        Chip(
            LABELS[name],
            _shown(name, filters.values[name]),
            to(filters.without(name)),
            _moment(filters.values[name]) if name in TIMES else None,
        )
        for name in offered
        if name in filters.values
    ]


def _shown(name: str, value: str) -> str:
    if name == "via_service":
        return "yes"
    return plain(value.replace("T", " ") if name in TIMES else value)


def spans(filters: TypedFilters, to: To, now: datetime) -> Iterator[tuple[str, str]]:
    """Quick choices of time, up to now, beside the other filters."""
    rest = TypedFilters({name: value for name, value in filters.values.items() if name != "until"})
    for name, length in SPANS.items():
        yield name, to(rest.plus(since=f"{now - length:%Y-%m-%dT%H:%M}"))
