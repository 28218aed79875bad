"""Which network an address belongs to, and who operates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.small_mmdb import CORRUPT, asn, write_mmdb
from trailkeeper.worker.enrich import GeoipFiles, Network, NetworkFinder

IP = "81.2.69.160"
UNKNOWN = Network(source="Small-ASN", build="2024-02-01")


def finder(path: Path, record: Any, kind: str = "Small-ASN") -> NetworkFinder:
    return NetworkFinder(
        GeoipFiles([str(write_mmdb(path / "file.mmdb", {"81.2.0.0/16": record}, kind=kind))])
    )


def test_number_and_operator_are_found(tmp_path: Path) -> None:
    assert finder(tmp_path, asn(13335, "Cloudflare")).find(IP) == Network(
        display="AS13335 Cloudflare", asn=13335, operator="Cloudflare", source="Small-ASN", build="2024-02-01"
    )


def test_an_operator_without_a_name_is_shown_by_its_number(tmp_path: Path) -> None:
    network = finder(tmp_path, {"autonomous_system_number": 13335}).find(IP)

    assert network is not None
    assert (network.display, network.operator) == ("AS13335", None)


@pytest.mark.parametrize("number", [0, -1, 2**32 - 1, 2**64, 1.5, "13335", True, None, {}])
def test_what_is_no_number_of_a_network_is_none(number: Any) -> None:
    records = [{"autonomous_system_number": number, "autonomous_system_organization": "x"}, {"traits": []}]

    found = NetworkFinder(GeoipFiles([])).derived(records, "Small-ASN", "2024-02-01", None)

    assert found == UNKNOWN


def test_the_operators_name_is_one_line_of_printable_text(tmp_path: Path) -> None:
    network = finder(tmp_path, asn(64496, "\x1b[2J\nEvil\u202e " + "x" * 150)).find(IP)

    assert network is not None
    assert network.operator is not None
    assert network.operator.isprintable()
    assert len(network.operator) <= 100


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("GeoLite2-ASN", 64496),
        ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", 64496),
        ("GeoIP2-ISP", 64496),
        ("GeoIP2-Enterprise", 64496),
        ("GeoLite2-City", None),
        ("GeoLite2-Country", None),
    ],
)
def test_the_files_own_type_says_whether_it_is_of_networks(
    tmp_path: Path, kind: str, expected: int | None
) -> None:
    network = finder(tmp_path, asn(64496, "Example"), kind).find(IP)

    assert (network and network.asn) == expected


def test_a_file_of_everything_keeps_the_network_among_the_traits(tmp_path: Path) -> None:
    network = finder(tmp_path, {"traits": asn(64496, "Example")}, "GeoIP2-Enterprise").find(IP)

    assert network is not None
    assert network.display == "AS64496 Example"


def test_the_first_file_that_knows_the_number_wins_and_nothing_is_mixed(tmp_path: Path) -> None:
    paths = [
        write_mmdb(tmp_path / "one.mmdb", {"81.2.0.0/16": {"autonomous_system_number": 1}}, kind="one-ASN"),
        write_mmdb(tmp_path / "two.mmdb", {"81.2.0.0/16": asn(2, "Two")}, kind="two-ASN"),
    ]
    network = NetworkFinder(GeoipFiles([str(path) for path in paths])).find(IP)

    assert network is not None
    assert (network.display, network.source) == ("AS1", "one-ASN+two-ASN")


def test_an_address_in_no_network_is_settled_and_one_of_a_corrupt_record_is_not(tmp_path: Path) -> None:
    assert finder(tmp_path, asn(64496, "Example")).find("8.8.8.8") == UNKNOWN
    assert finder(tmp_path, CORRUPT).find(IP) is None
