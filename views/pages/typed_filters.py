"""The filters of a history as they stand in a page's address and in its form.

An address holds all of them, so that it can be bookmarked and passed on. A filter that is
not valid is explained beside the form; it is never silently ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from trailkeeper.models.histories import Question
from trailkeeper.views.filters import HistoryFilters
from trailkeeper.views.history_request import HistoryKey
from trailkeeper.views.problems import Problem, message_of

from .addresses import Query

PUBLIC = ("tag", "actor", "since", "until")
OWN = ("tag", "since", "until", "address", "country", "asn", "client", "text", "via_service")
ALL = ("tag", "actor", "since", "until", "address", "country", "asn", "client", "text", "via_service")
TIMES = ("since", "until")
LABELS = {
    "tag": "Event type",
    "actor": "Done by",
    "since": "From",
    "until": "Until",
    "address": "Address or network",
    "country": "Country",
    "asn": "Network",
    "client": "Device or program",
    "text": "Text in the details",
    "via_service": "Only what services and programs did",
}
SPANS = {"24 hours": timedelta(days=1), "7 days": timedelta(days=7), "30 days": timedelta(days=30)}


@dataclass(frozen=True)
class TypedFilters:
    """The filters of an address, as they were typed.

    Attributes:
        values: by field; only those that are set.
        problem: what is not valid, in words; None if all are.
        wrong: the field that the problem is about.
    """

    values: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    wrong: str | None = None

    @property
    def query(self) -> list[tuple[str, str]]:
        """As pairs for an address."""
        return list(self.values.items())

    @property
    def for_api(self) -> list[tuple[str, str]]:
        """The same as the API takes it: its times have a zone."""
        return list(_with_zones(self.values).items()) if self.problem is None else self.query

    def without(self, name: str) -> Query:
        """The same address without one filter."""
        return [(key, value) for key, value in self.values.items() if key != name]

    def plus(self, **more: str) -> Query:
        """The same address with other values for some filters."""
        return list((self.values | more).items())


def parse(
    params: Mapping[str, str], offered: tuple[str, ...], key: HistoryKey
) -> tuple[Question, TypedFilters]:
    """The question of an address, and its filters; the question is without them if they are not valid.

    Raises:
        ValueError: the history's own id is not an id.
    """
    unfiltered = Question(about=key.about, id=key.id)
    values = {name: params[name].strip() for name in offered if params.get(name, "").strip()}
    try:
        return _question(values, key), TypedFilters(values)
    except ValidationError as error:
        wrong, problem = message_of(error.errors()[0])
    except Problem as error:
        wrong, problem = error.errors[0]["field"], error.errors[0]["problem"]
    wrong = wrong.partition(".")[0]
    return unfiltered, TypedFilters(values, problem=f"{LABELS.get(wrong, wrong)}: {problem}", wrong=wrong)


def _question(values: dict[str, str], key: HistoryKey) -> Question:
    typed = _with_zones(values)
    tags = {"tag": [typed["tag"]]} if "tag" in typed else {}
    flags = {"via_service": True} if "via_service" in typed else {}
    return HistoryFilters.model_validate(typed | tags | flags).question(key)


def _with_zones(values: Mapping[str, str]) -> dict[str, str]:
    return {name: zoned(value) if name in TIMES else value for name, value in values.items()}


def zoned(text: str) -> str:
    """A time as it was typed, with its zone: UTC if it has none. What is not a time stays as it is."""
    try:
        typed = datetime.fromisoformat(text)
        moment = typed.replace(tzinfo=UTC) if typed.tzinfo is None else typed.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return moment.isoformat().replace("+00:00", "Z")
