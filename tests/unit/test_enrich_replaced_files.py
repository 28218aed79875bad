"""Location data that appear, are replaced, break or vanish while a worker runs."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.clock import Clock
from tests.support.small_mmdb import CORRUPT, write_mmdb
from trailkeeper.worker.enrich import GeoipFiles, Location, LocationFinder, NetworkFinder
from trailkeeper.worker.enrich.database import Database

IP = "81.2.69.160"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "city.mmdb"


@pytest.fixture
def finder(path: Path, clock: Clock) -> LocationFinder:
    return LocationFinder(GeoipFiles([str(path)], check_seconds=10, clock=clock))


def _write(path: Path, city: str, built: str = "2024-02-01") -> None:
    country = {"iso_code": "GB", "names": {"en": "United Kingdom"}}
    write_mmdb(path, {"81.2.0.0/16": {"city": {"names": {"en": city}}, "country": country}}, built=built)


def _city(found: Location | None) -> str | None:
    return found.city if found else None


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_replaced_file_is_picked_up_without_restart(
    path: Path, finder: LocationFinder, clock: Clock
) -> None:
    _write(path, "London")
    assert _city(finder.find(IP)) == "London"
    _write(path, "Leeds", built="2024-03-01")
    clock.now += 9.9
    assert _city(finder.find(IP)) == "London"
    clock.now += 0.2
    found = finder.find(IP)

    assert found is not None
    assert (found.city, found.build) == ("Leeds", "2024-03-01")


def test_a_file_is_looked_at_once_in_the_time_given(
    path: Path, finder: LocationFinder, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Database] = []

    def refresh(database: Database) -> bool:
        looks.append(database)
        return False

    monkeypatch.setattr(Database, "refresh", refresh)
    for _ in range(100):
        clock.now += 0.5
        finder.find(IP)

    assert len(looks) == 5


def test_without_any_file_a_public_address_is_not_enriched() -> None:
    assert LocationFinder(GeoipFiles([])).find(IP) is None
    assert LocationFinder(GeoipFiles([])).is_current("address", "1")
    assert not LocationFinder(GeoipFiles([])).is_current("Small-City", "2024-02-01")


def test_a_missing_file_is_said_once_and_found_when_it_comes(
    path: Path, finder: LocationFinder, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert finder.find(IP) is None
        clock.now += 11
    assert _warnings(caplog) == [f"location data: {path}: No such file or directory"]
    _write(path, "London")

    assert _city(finder.find(IP)) == "London"


def test_a_broken_file_is_said_once_and_the_one_before_it_is_kept(
    path: Path, finder: LocationFinder, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    _write(path, "London")
    finder.find(IP)
    broken = path.with_name("new")
    broken.write_bytes(os.urandom(5000))
    broken.replace(path)
    for _ in range(3):
        clock.now += 11
        assert _city(finder.find(IP)) == "London"
        assert finder.find("81.2.69.161") is not None

    assert len(_warnings(caplog)) == 1
    assert "expected a MaxMind-format file" in _warnings(caplog)[0]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_half_written_file_leaves_the_address_for_a_backfill(
    path: Path, finder: LocationFinder, clock: Clock, share: float
) -> None:
    _write(path, "London")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert finder.find(IP) is None
    path.write_bytes(whole)
    clock.now += 11

    assert _city(finder.find(IP)) == "London"


def test_a_file_overwritten_in_place_is_not_read_beyond_its_new_end(
    path: Path, finder: LocationFinder, clock: Clock
) -> None:
    """Its pages are gone: reading them would kill the process by SIGBUS."""
    _write(path, "London")
    assert _city(finder.find(IP)) == "London"
    os.truncate(path, 0)
    assert finder.find("81.2.69.161") is None
    clock.now += 11
    assert finder.find(IP) is None
    _write(path, "Leeds")
    clock.now += 11

    assert _city(finder.find("81.2.69.161")) == "Leeds"


def test_a_deleted_file_is_read_until_another_comes(
    path: Path, finder: LocationFinder, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    _write(path, "London")
    finder.find(IP)
    path.unlink()
    clock.now += 11

    assert _city(finder.find("81.2.69.161")) == "London"
    assert finder.is_current("Small-City", "2024-02-01")
    assert _warnings(caplog) == [f"location data: {path}: No such file or directory"]


def test_a_corrupt_record_is_said_once_and_without_the_address(
    path: Path, finder: LocationFinder, caplog: pytest.LogCaptureFixture
) -> None:
    write_mmdb(path, {"81.2.0.0/16": CORRUPT})

    assert [finder.find(f"81.2.69.{last}") for last in range(5)] == [None] * 5
    assert _warnings(caplog) == [f"location data: {path} holds corrupt records; replace it"]


def test_while_a_file_is_missing_the_others_are_not_taken_for_all(
    path: Path, tmp_path: Path, clock: Clock
) -> None:
    asn = write_mmdb(tmp_path / "asn.mmdb", {"81.2.0.0/16": {"autonomous_system_number": 64496}}, kind="ASN")
    finder = LocationFinder(GeoipFiles([str(path), str(asn)], clock=clock))
    assert finder.find(IP) is None
    _write(path, "London")
    clock.now += 11
    found = finder.find(IP)

    assert found is not None
    assert (found.city, found.source) == ("London", "Small-City")


def test_a_place_is_given_even_where_another_file_is_missing(
    path: Path, tmp_path: Path, clock: Clock
) -> None:
    _write(path, "London")
    finder = LocationFinder(GeoipFiles([str(path), str(tmp_path / "missing.mmdb")], clock=clock))

    assert _city(finder.find(IP)) == "London"
    assert finder.is_current("Small-City", "2024-02-01")
    assert not finder.is_current("Small-City", "2024-01-01")


def test_descriptors_of_replaced_files_are_given_back(
    path: Path, finder: LocationFinder, clock: Clock
) -> None:
    _write(path, "London")
    finder.find(IP)
    before = _descriptors_below(path.parent)
    for number in range(20):
        _write(path, f"London {number}")
        clock.now += 11
        assert _city(finder.find(IP)) == f"London {number}"

    assert _descriptors_below(path.parent) == before


def _descriptors_below(folder: Path) -> int:
    """How many descriptors of this process are of files in a folder, replaced ones too."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # of another test, and closed just now
            found += str(descriptor.readlink()).startswith(str(folder))
    return found


def test_enrichments_share_the_files_and_notice_together_that_one_was_replaced(
    path: Path, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asn = tmp_path / "asn.mmdb"
    record = {"autonomous_system_number": 64496, "autonomous_system_organization": "Example"}
    _write(path, "London")
    write_mmdb(asn, {"81.2.0.0/16": record}, kind="Small-ASN")
    files = GeoipFiles([str(path), str(asn)], check_seconds=10, clock=clock)
    locations, networks = LocationFinder(files), NetworkFinder(files)
    before = locations.find(IP), networks.find(IP)
    assert len(caplog.records) == 2
    clock.now += 11
    write_mmdb(asn, {"81.2.0.0/16": record | {"autonomous_system_number": 64497}}, kind="Small-ASN")

    assert networks.changes() == locations.changes() == 2
    after = locations.find(IP), networks.find(IP)
    assert after[0] == before[0]
    assert [network and network.asn for network in (before[1], after[1])] == [64496, 64497]
