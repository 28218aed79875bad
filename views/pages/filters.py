"""The filters of a history, as they stand in the page's address and in its form.

An address says all of them, so that it can be kept and passed on. What cannot be
used is told beside the form; it is never left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from trailkeeper.models.histories import About, Question

from .addresses import Query

PUBLIC = ("tag", "actor", "since", "until")
OWN = ("tag", "since", "until", "address", "country", "client", "text", "via_service")
ALL = ("tag", "actor", "since", "until", "address", "country", "client", "text", "via_service")
LABELS = {
    "tag": "Type of event",
    "actor": "Done by",
    "since": "From (UTC)",
    "until": "Until (UTC)",
    "address": "Address or network",
    "country": "Country",
    "client": "Device or program",
    "text": "Text in the details",
    "via_service": "Only what services and programs did",
}
SPANS = {"24 hours": timedelta(days=1), "7 days": timedelta(days=7), "30 days": timedelta(days=30)}
_FIELD_OF = {"country_code": "country", "tags": "tag"}
"""What the question calls a filter, by what the page calls it, where the two differ."""


@dataclass(frozen=True)
class Filters:
    """What an address asks for, as it was typed.

    Attributes:
        values: by field; only what is asked for.
        problem: what cannot be used, in words; None where all can.
        wrong: the field that it is about.
    """

    values: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    wrong: str | None = None

    @property
    def query(self) -> list[tuple[str, str]]:
        """As pairs for an address."""
        return list(self.values.items())

    @property
    def for_programs(self) -> list[tuple[str, str]]:
        """The same as the API takes it: its times have a zone."""
        times = {"since", "until"} if self.problem is None else set()
        return [(name, zoned(name, value) if name in times else value) for name, value in self.query]

    def without(self, name: str) -> Query:
        """The same address without one filter."""
        return [(key, value) for key, value in self.values.items() if key != name]

    def plus(self, **more: str) -> Query:
        """The same address with other values for some filters."""
        return list((self.values | more).items())


def asked(
    params: Mapping[str, str], offered: tuple[str, ...], about: About, identity: str | None
) -> tuple[Question, Filters]:
    """The question of an address, and its filters; without them where they cannot be used.

    Raises:
        ValueError: the history's own id is none.
    """
    plain = Question(about=about, id=identity)
    values = {name: params[name].strip() for name in offered if params.get(name, "").strip()}
    try:
        return Question(about=about, id=identity, **_arguments(values)), Filters(values)
    except ValueError as error:
        told = str(error)
        name = told.split(" ", 1)[0].rstrip(":")
        return plain, Filters(values, problem=told, wrong=_FIELD_OF.get(name, name))


def _arguments(values: dict[str, str]) -> dict[str, Any]:
    return {
        "tags": (values["tag"],) if "tag" in values else (),
        "actor": values.get("actor"),
        "since": _time("since", values.get("since")),
        "until": _time("until", values.get("until")),
        "address": values.get("address"),
        "country_code": values["country"].upper() if "country" in values else None,
        "client": values.get("client"),
        "text": values.get("text"),
        "via_service": "via_service" in values,
    }


def _time(name: str, text: str | None) -> datetime | None:
    """What is typed without a zone is taken for UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} is {text[:40]!r}; expected a time such as 2026-11-24T16:00") from error


def zoned(name: str, text: str) -> str:
    """A time as it is typed, with its zone.

    Raises:
        ValueError: it is none.
    """
    found = _time(name, text)
    return "" if found is None else found.isoformat().replace("+00:00", "Z")
