"""Ids of derivations follow what the finders find."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from tests.support.drains import query
from trailkeeper.worker.drain.derive import Derive
from trailkeeper.worker.enrich import ClientFinder, Location

AGENT = "twine/4.0.2 CPython/3.11.3"


class Places:
    """A finder whose file may be replaced by one that says something else, or nothing."""

    def __init__(self) -> None:
        self.city: str | None = "Ulm"
        self.times = 0
        self.asked = 0

    def changes(self) -> int:
        return self.times

    def find(self, ip: str) -> Location | None:
        self.asked += 1
        return Location(display=f"{ip} in {self.city}", source="file", build="1") if self.city else None

    def replace(self, city: str | None) -> None:
        self.city = city
        self.times += 1


def derive(engine: Engine, places: Places) -> Derive:
    finder: Any = places
    return Derive(engine, finder, ClientFinder())


def displays(database_url: str) -> dict[int, str]:
    return {row["id"]: row["display"] for row in query(database_url, "SELECT id, display FROM locations")}


def test_the_same_facts_have_the_same_ids_and_are_looked_up_once(engine: Engine) -> None:
    places = Places()
    derived = derive(engine, places)
    first = derived.of([("192.0.2.1", AGENT), ("192.0.2.2", None), ("192.0.2.1", AGENT)])
    assert first[0] == first[2]
    assert len({location for location, _ in first}) == 2
    assert derived.of([("192.0.2.2", None), ("192.0.2.1", AGENT)]) == [first[1], first[0]]
    assert places.asked == 2


def test_no_fact_has_no_id(engine: Engine) -> None:
    assert derive(engine, Places()).of([(None, None), (None, "")]) == [(None, None), (None, None)]


def test_when_a_file_is_replaced_the_same_address_has_the_id_of_what_it_says_now(
    engine: Engine, database_url: str
) -> None:
    places = Places()
    derived = derive(engine, places)
    [(before, client)] = derived.of([("192.0.2.1", AGENT)])
    places.replace("Bonn")
    [(after, same_client)] = derived.of([("192.0.2.1", AGENT)])
    found = displays(database_url)
    assert (found[before or 0], found[after or 0]) == ("192.0.2.1 in Ulm", "192.0.2.1 in Bonn")
    assert client == same_client


def test_what_cannot_be_told_now_is_asked_for_again(engine: Engine) -> None:
    places = Places()
    places.replace(None)
    derived = derive(engine, places)
    assert derived.of([("192.0.2.1", None)]) == [(None, None)]
    places.city = "Ulm"  # no file was replaced: a record could not be read just then
    [(location, _)] = derived.of([("192.0.2.1", None)])
    assert location is not None
