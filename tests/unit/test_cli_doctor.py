"""What the doctor makes of what servers and files say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from _maxminddb_geolite2 import geolite2_database

from tests.support.command import call
from tests.support.small_mmdb import write_mmdb
from trailkeeper.cli.doctor import Finding, examine, of_broker
from trailkeeper.cli.doctor.finding import ok
from trailkeeper.cli.doctor.fleet import _clock
from trailkeeper.cli.doctor.local import _file, catalogue
from trailkeeper.cli.doctor.of_postgres import _encoding, _located, _schema, _version, _writable
from trailkeeper.cli.doctor.of_redis import _coverage, _errors, _eviction, _memory, _persistence, _replicas
from trailkeeper.cli.doctor.of_redis import _version as _redis_version
from trailkeeper.models.status import RecentLocations, ServerFacts
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.worker.settings import WorkerSettings


def facts(**changes: Any) -> ServerFacts:
    values = {
        "version": 180_006,
        "encoding": "UTF8",
        "clock": datetime.now(UTC),
        "read_only": False,
        "bytes": 1,
    }
    return ServerFacts(**{**values, **changes})


@pytest.mark.parametrize(
    ("finding", "severity"),
    [
        (_redis_version({"redis_version": "6.2.14"}), "ok"),
        (_redis_version({"redis_version": "7.2.4", "valkey_version": "9.1.2"}), "ok"),
        (_redis_version({"redis_version": "6.0.16"}), "problem"),
        (_persistence({"aof_enabled": 1}, None), "ok"),
        (_persistence({"aof_enabled": 0}, "no"), "problem"),
        (_eviction({}, "noeviction"), "ok"),
        (_eviction({}, "allkeys-lru"), "problem"),
        (_eviction({"maxmemory_policy": "volatile-lru"}, None), "problem"),
        (_eviction({}, None), "warning"),
        (_memory({"used_memory": 70, "maxmemory": 100}), "ok"),
        (_memory({"used_memory": 90, "maxmemory": 100}), "warning"),
        (_memory({"used_memory": 90, "maxmemory": 0, "total_system_memory": 100}), "warning"),
        (_memory({"used_memory": 90}), "ok"),
        (_version(facts()), "ok"),
        (_version(facts(version=130_010)), "problem"),
        (_encoding(facts(encoding="SQL_ASCII")), "problem"),
        (_writable(facts(read_only=True)), "problem"),
        (_schema(current=False), "problem"),
        (_located(RecentLocations(1, 1)), "ok"),
        (_located(RecentLocations(0, 0)), "ok"),
        (_located(RecentLocations(2, 0)), "warning"),
        (_clock("Redis", -0.5), "ok"),
        (_clock("Redis", -5), "warning"),
        (_clock("Redis", 61), "problem"),
    ],
)
def test_each_state_has_its_severity_and_what_is_not_well_has_advice(finding: Finding, severity: str) -> None:
    assert finding.severity == severity
    assert bool(finding.advice) == (severity != "ok")


def test_a_failed_write_to_disk_is_a_problem() -> None:
    found = list(_errors({"aof_last_write_status": "err", "rdb_last_bgsave_status": "ok"}))
    assert [finding.found for finding in found] == ["aof_last_write_status is err"]


def test_the_shipped_catalogue_loads() -> None:
    assert [finding.severity for finding in catalogue()] == ["ok"]


def test_location_data_that_is_missing_or_no_database_is_a_problem(tmp_path: Any) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"not a database")
    assert [_file(str(path)).severity for path in (broken, tmp_path / "missing.mmdb")] == [
        "problem",
        "problem",
    ]


def test_location_data_of_2018_is_told_to_be_old() -> None:
    finding = _file(geolite2_database())
    assert (finding.severity, "built 2018-" in finding.found) == ("warning", True)


def test_a_cause_that_many_checks_share_is_told_once() -> None:
    def away() -> Iterator[Finding]:
        yield ok("first", "fine")
        raise StreamUnavailable("refused")

    found = list(examine({"one": away, "two": away}))
    assert [(finding.check, finding.severity) for finding in found] == [
        ("first", "ok"),
        ("one", "problem"),
        ("first", "ok"),
        ("two", "problem"),
    ]
    assert "does not answer: refused" in found[1].found
    assert (found[3].found, found[3].advice) == ("not known", "see one above")


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_with_nothing_reachable_each_part_says_why_and_the_exit_code_is_1(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {
        "REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
        "DATABASE_URL": "postgresql+psycopg2://joe:hunter2@127.0.0.1:1/x",
    }
    text, as_json = (
        call(capsys, monkeypatch, *call_, **nobody) for call_ in ([command], [command, "--json"])
    )
    assert (text.code, as_json.code) == (1, 1)
    assert json.loads(as_json.out)
    for outcome in (text, as_json):
        assert "refused" in outcome.out
        assert "Traceback" not in outcome.out + outcome.err
        assert "hunter2" not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        ("GeoLite2-ASN", "network"),
        ("GeoLite2-City", "location"),
        ("GeoIP2-Enterprise", "location and network"),
    ],
)
def test_it_says_what_a_file_of_location_data_is_for(tmp_path: Path, kind: str, purpose: str) -> None:
    path = write_mmdb(tmp_path / "geo.mmdb", {"8.8.0.0/16": {}}, kind=kind)

    assert f"geo.mmdb: {kind}, built 2024-02-01, for {purpose}" in str(_file(str(path)))


@pytest.mark.parametrize(
    ("there", "wanted", "url", "level"),
    [
        (0, 0, "redis://h/0", None),
        (0, 1, "redis://h/0", "problem"),
        (1, 1, "redis://h/0", "warning"),
        (2, 1, "redis://h/0", "ok"),
        (2, 0, "redis+sentinel://h/mymaster/0", "warning"),
        (2, 0, "redis+cluster://h", "warning"),
    ],
)
def test_there_should_be_one_replica_more_than_have_to_have_each_event(
    there: int, wanted: int, url: str, level: str | None
) -> None:
    settings = WorkerSettings(redis_url=url, redis_replicas=wanted)
    found = [finding.severity for finding in _replicas(url, {"connected_slaves": there}, settings)]
    assert found == ([level] if level else [])


def test_a_cluster_should_go_on_with_what_is_left_of_it() -> None:
    assert [finding.severity for finding in _coverage("yes")] == ["warning"]
    assert [*_coverage("no"), *_coverage(None)] == []


@pytest.mark.parametrize(
    ("redis_url", "broker_url", "said"),
    [
        ("redis+cluster://127.0.0.1:1", None, "TRAILKEEPER_BROKER_URL"),
        ("redis+cluster://127.0.0.1:1", "redis://:s3cret@127.0.0.1:1/0", "did not answer|refused"),
        ("redis://127.0.0.1:1", None, None),
    ],
)
def test_a_broker_that_is_needed_and_missing_or_away_is_a_problem(
    redis_url: str, broker_url: str | None, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = WorkerSettings(redis_url=redis_url, broker_url=broker_url)
    monkeypatch.setattr(of_broker, "settings", lambda: settings)
    found = [*examine({"Celery's broker": of_broker.broker})]
    assert [finding.severity for finding in found] == (["problem"] if said else [])
    assert all(re.search(said or "", finding.found) for finding in found)
    assert "s3cret" not in str(found)
