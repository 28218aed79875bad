"""Where an address is, or why that cannot be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _maxminddb_geolite2 import geolite2_database
from hypothesis import given
from hypothesis import strategies as st

from tests.support.small_mmdb import write_mmdb
from trailkeeper.worker.enrich import GeoipFiles, Location, LocationFinder
from trailkeeper.worker.enrich.location import display, location

NEW_YORK: dict[str, Any] = {
    "city": {"names": {"en": "New York", "de": "Neu York"}},
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "location": {"latitude": 40.7, "longitude": -74.0},
    "subdivisions": [{"iso_code": "NY", "names": {"en": "New York"}}, {"iso_code": "XX"}],
}
SWEDEN = {"country": {"iso_code": "SE", "names": {"en": "Sweden"}}}


@pytest.mark.parametrize(
    ("city", "region", "country", "code", "expected"),
    [
        ("New York", "NY", "United States", "US", "New York, NY, US"),
        ("New York", None, "United States", "US", "New York, US"),
        (None, "NY", "United States", "US", "NY, US"),
        ("New York", "NY", None, None, "New York, NY"),
        ("New York", None, None, None, "New York"),
        (None, None, "United States", "US", "United States"),
        (None, None, "United States", None, "United States"),
        (None, None, None, "US", "US"),
        ("", "", "", "", None),
        (None, None, None, None, None),
    ],
)
def test_a_place_is_shown_as_the_package_index_shows_it(
    city: str | None, region: str | None, country: str | None, code: str | None, expected: str | None
) -> None:
    assert display(city, region, country, code) == expected


def test_all_that_a_city_file_knows_is_found(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK})

    assert LocationFinder(GeoipFiles([str(path)])).find("81.2.69.160") == Location(
        display="New York, NY, US", city="New York", region="NY", country="United States", country_code="US",
        latitude=40.7, longitude=-74.0, source="Small-City", build="2024-02-01",
    )  # fmt: skip


def test_for_each_value_the_first_file_that_has_it_wins(tmp_path: Path) -> None:
    country = {"country": {"iso_code": "US", "names": {"en": "USA"}}}
    paths = [
        write_mmdb(tmp_path / "country.mmdb", {"81.2.0.0/16": country}, kind="Country", built="2024-03-02"),
        write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK}, kind="City"),
        write_mmdb(tmp_path / "asn.mmdb", {"81.2.0.0/16": SWEDEN}, kind="Small-ASN"),  # not of places
    ]
    found = LocationFinder(GeoipFiles([str(path) for path in paths])).find("81.2.69.160")

    assert found is not None
    assert (found.display, found.country) == ("New York, NY, US", "USA")
    assert (found.source, found.build) == ("Country+City", "2024-03-02+2024-02-01")


def test_a_place_is_never_put_together_from_two_countries() -> None:
    found = location([SWEDEN, NEW_YORK], "s", "b")

    assert (found.display, found.city, found.latitude) == ("Sweden", None, None)


def test_coordinates_without_a_country_are_no_location() -> None:
    continent = {"continent": {"code": "EU"}, "location": {"latitude": 47.0, "longitude": 8.0}}

    assert location([continent], "s", "b") == Location(reason="not_found", source="s", build="b")


@pytest.mark.parametrize(
    "record",
    [
        {"country": "SE"}, {"country": {"iso_code": 7, "names": []}},
        {"city": {"names": {"en": "\x00\u202e "}}},
        {"subdivisions": [7]}, {"subdivisions": {}}, {"location": {"latitude": 1.0}},
        {"location": {"latitude": float("nan"), "longitude": 1.0}},
    ],
)  # fmt: skip
def test_a_record_of_an_unexpected_shape_gives_what_it_can(record: dict[str, Any]) -> None:
    assert location([record, SWEDEN], "s", "b").display == "Sweden"
    assert location([record], "s", "b").reason == "not_found"


@pytest.mark.parametrize(
    ("ip", "reason"),
    [
        ("10.1.2.3", "private"), ("172.31.0.1", "private"), ("192.168.0.1", "private"),
        ("fd00::1", "private"),
        ("127.0.0.1", "loopback"), ("::1", "loopback"), ("169.254.1.1", "link_local"),
        ("fe80::1%eth0", "link_local"), ("100.64.0.1", "shared"), ("203.0.113.9", "documentation"),
        ("2001:db8::1", "documentation"), ("224.0.0.1", "multicast"), ("ff02::1", "multicast"),
        ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"), ("0.0.0.0", "unspecified"),
        ("::ffff:10.1.2.3", "private"), ("not an address", "invalid"), ("10.0.0.0/8", "invalid"),
        ("", "invalid"),
    ],
)  # fmt: skip
def test_an_address_without_location_says_why_and_needs_no_file(ip: str, reason: str) -> None:
    assert LocationFinder(GeoipFiles([])).find(ip) == Location(reason=reason, source="address", build="1")


@pytest.mark.parametrize(
    "ip", ["172.15.255.255", "172.32.0.0", "11.0.0.0", "100.128.0.0", "192.0.1.0", "2600::1"]
)
def test_public_neighbours_of_special_networks_are_not_special(ip: str) -> None:
    assert LocationFinder(GeoipFiles([])).find(ip) is None


def test_an_address_that_no_file_knows_is_settled_as_not_found(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK})
    expected = Location(reason="not_found", source="Small-City", build="2024-02-01")

    assert LocationFinder(GeoipFiles([str(path)])).find("8.8.8.8") == expected


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK})
    finder = LocationFinder(GeoipFiles([str(path)]))

    assert finder.find("::ffff:81.2.69.160") == finder.find("81.2.69.160")


def test_a_file_of_ipv4_only_knows_no_ipv6_address(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK}, version=4)
    finder = LocationFinder(GeoipFiles([str(path)]))
    known, unknown = finder.find("81.2.69.160"), finder.find("2600::1")

    assert known is not None
    assert known.city == "New York"
    assert unknown is not None
    assert unknown.reason == "not_found"


def test_the_same_address_gives_the_same_object_while_its_data_stay(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "city.mmdb", {"81.2.0.0/16": NEW_YORK})
    finder = LocationFinder(GeoipFiles([str(path)]))

    assert finder.find("81.2.69.160") is finder.find("81.2.69.160")


@pytest.fixture(scope="module")
def geolite2() -> LocationFinder:
    return LocationFinder(GeoipFiles([geolite2_database()]))


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("83.149.9.216", "Moscow, MOW, RU"),
        ("24.236.252.67", "Holland, MI, US"),
        ("2001:4860:4860::8888", "Mountain View, CA, US"),
        ("8.8.8.8", "United States"),
    ],
)
def test_a_real_file_places_real_addresses(geolite2: LocationFinder, ip: str, expected: str) -> None:
    found = geolite2.find(ip)

    assert found is not None
    assert found.display == expected
    assert (found.source, found.build) == ("GeoLite2-City", "2018-07-03")


@given(st.ip_addresses().map(str) | st.text(max_size=64))
def test_whatever_is_asked_has_a_place_or_a_reason(geolite2: LocationFinder, ip: str) -> None:
    found = geolite2.find(ip)

    assert found is not None
    assert (found.display is None) == (found.reason is not None)
