"""Ids of derivations follow what the finders find."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.drains import query
from tests.support.small_mmdb import asn, write_mmdb
from trailkeeper.models.dictionaries import Dictionary
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.worker.enrich import (
    ClientFinder,
    GeoipFiles,
    Location,
    LocationFinder,
    NetworkFinder,
    enrichments,
)
from trailkeeper.worker.ingest.derive import Derive, Ids

AGENT = "twine/4.0.2 CPython/3.11.3"


class Places(LocationFinder):
    """A finder whose file may be replaced by one that says something else, or nothing."""

    def __init__(self) -> None:
        super().__init__(GeoipFiles([]))
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
    return Derive(engine, [ClientFinder(), places, NetworkFinder(GeoipFiles([]))])


def of(derived: Derive, *facts: tuple[str | None, str | None]) -> list[Ids]:
    """The derivations of each (address, user agent)."""
    addresses = [ip for ip, _ in facts]
    return derived.of([addresses, addresses, [user_agent for _, user_agent in facts]])


def displays(database_url: str) -> dict[int, str]:
    return {row["id"]: row["display"] for row in query(database_url, "SELECT id, display FROM locations")}


def test_the_same_facts_have_the_same_ids_and_are_looked_up_once(engine: Engine) -> None:
    places = Places()
    derived = derive(engine, places)
    first = of(derived, ("192.0.2.1", AGENT), ("192.0.2.2", None), ("192.0.2.1", AGENT))
    assert first[0] == first[2]
    assert len({location for location, _, _ in first}) == 2
    assert of(derived, ("192.0.2.2", None), ("192.0.2.1", AGENT)) == [first[1], first[0]]
    assert places.asked == 2


def test_no_fact_has_no_id_and_an_empty_agent_is_said_to_be_empty(engine: Engine, database_url: str) -> None:
    nothing, empty = of(derive(engine, Places()), (None, None), (None, ""))
    assert nothing == (None, None, None)
    assert empty[:2] == (None, None)
    assert [row["display"] for row in query(database_url, "SELECT display FROM clients")] == ["No User-Agent"]


def test_when_a_file_is_replaced_the_same_address_has_the_id_of_what_it_says_now(
    engine: Engine, database_url: str
) -> None:
    places = Places()
    derived = derive(engine, places)
    [(before, _, client)] = of(derived, ("192.0.2.1", AGENT))
    places.replace("Bonn")
    [(after, _, same_client)] = of(derived, ("192.0.2.1", AGENT))
    found = displays(database_url)
    assert (found[before or 0], found[after or 0]) == ("192.0.2.1 in Ulm", "192.0.2.1 in Bonn")
    assert client == same_client


def test_what_is_not_known_is_asked_for_again_once_the_data_changed(engine: Engine) -> None:
    places = Places()
    places.replace(None)
    derived = derive(engine, places)
    assert of(derived, ("8.8.8.8", None), ("8.8.8.8", None)) == [(None, None, None)] * 2
    assert of(derived, ("8.8.8.8", None)) == [(None, None, None)]
    assert places.asked == 1
    places.replace("Ulm")
    [(location, _, _)] = of(derived, ("8.8.8.8", None))
    assert location is not None


def test_an_address_is_asked_for_again_when_its_derivation_could_not_be_stored(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived = derive(engine, Places())
    with monkeypatch.context() as patch:
        patch.setattr(Dictionary, "ids", away)
        with pytest.raises(StoreUnavailable):
            of(derived, ("8.8.8.8", None))
    [(location, _, _)] = of(derived, ("8.8.8.8", None))
    assert location is not None


def away(*_: object) -> None:
    raise StoreUnavailable("gone for a moment")


def test_addresses_of_one_operator_share_a_network(engine: Engine, database_url: str, tmp_path: Path) -> None:
    file = write_mmdb(tmp_path / "asn.mmdb", {"8.8.0.0/16": asn(64496, "Example")}, kind="Small-ASN")
    derived = Derive(engine, enrichments([str(file)]))

    ids = of(
        derived, ("8.8.8.8", None), ("8.8.4.4", None), ("9.9.9.9", None), ("10.0.0.1", None), (None, None)
    )

    networks = {
        row["id"]: row for row in query(database_url, "SELECT id, display, asn, source FROM networks")
    }
    found = [networks[network]["display"] if network else network for _, network, _ in ids]
    assert found == ["AS64496 Example", "AS64496 Example", None, None, None]
    assert [networks[ids[place][1] or 0]["source"] for place in (2, 3)] == ["Small-ASN", "address"]
    assert ids[4] == (None, None, None)
    assert len(networks) == 3
    assert ids[0][0] is None  # a file of networks knows no places
