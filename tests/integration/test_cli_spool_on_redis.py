"""`trailkeeper spool`, and what status and doctor say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.command import Outcome, call
from tests.support.drains import STREAM, an_event, entries
from tests.support.spooling import a_queue, fill, soon
from trailkeeper.cli.doctor import Finding, of_spool
from trailkeeper.producer.spool.queue import Queue
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.wire import encode


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, redis_url: str, tmp_path: Path
) -> Any:
    def run(*arguments: str, **variables: str) -> Outcome:
        given = {"REDIS_URL": redis_url, "SPOOL": str(tmp_path / "spool.sqlite"), **variables}
        return call(capsys, monkeypatch, *arguments, **given)

    return run


@pytest.fixture
def queue(redis_url: str, tmp_path: Path) -> Queue:
    return a_queue(tmp_path, place=RedisStream(redis_url, STREAM).place)


def findings() -> dict[str, Finding]:
    return {finding.found: finding for finding in of_spool.spooled()}


def test_what_an_emit_could_not_bring_to_redis_is_shown_and_delivered(ask: Any, redis_url: str) -> None:
    away = redis_url.rpartition(":")[0] + ":1/0"
    emitted = ask("emit", "account:login:success", "--user", "7", "--json", REDIS_URL=away)
    assert (emitted.code, json.loads(emitted.out)["outcome"]) == (0, "spooled")
    status = json.loads(ask("spool", "status", "--json").out)
    assert (status["waiting"], list(status["places"])) == (1, [f"127.0.0.1:1/0 {STREAM}"])
    refused = ask("spool", "flush", REDIS_URL=away)
    assert refused.code == 1
    assert "127.0.0.1:1 could not be reached" in refused.err
    elsewhere = ask("spool", "flush")
    assert elsewhere.out.split() == ["delivered", "0", "waiting", "1"]
    assert "for another stream" in elsewhere.err
    assert entries(redis_url) == []


def test_what_waits_for_an_address_that_is_gone_can_be_delivered_to_the_new_one(
    ask: Any, redis_url: str, tmp_path: Path
) -> None:
    gone = f"127.0.0.1:1/0 {STREAM}"
    fill(a_queue(tmp_path, place=gone), encode(an_event()))
    misspelt = ask("spool", "flush", "--kept-for", "nowhere")
    assert misspelt.code == 2
    assert gone in misspelt.err
    moved = ask("spool", "flush", "--kept-for", gone, "--json")
    assert json.loads(moved.out) == {"delivered": 1, "waiting": 0}
    assert len(entries(redis_url)) == 1


def test_flushing_delivers_in_order_and_says_how_many(ask: Any, queue: Queue, redis_url: str) -> None:
    sent = [encode(an_event()) for _ in range(700)]
    fill(queue, *sent)
    assert json.loads(ask("spool", "flush", "--json").out) == {"delivered": 700, "waiting": 0}
    assert [fields[b"e"] for fields in entries(redis_url)] == sent
    assert json.loads(ask("spool", "flush", "--json").out) == {"delivered": 0, "waiting": 0}


def test_all_fields_of_a_message_arrive(ask: Any, queue: Queue, redis_url: str) -> None:
    fields = {b"e": b"\x00\xff", b"invalid": b"why", b"s": b"signature", b"later": b""}
    queue.put(fields, "unknown", soon())
    assert ask("spool", "flush").code == 0
    assert entries(redis_url) == [fields]


def test_a_server_without_memory_leaves_all_where_it_is(ask: Any, queue: Queue, client: redis.Redis) -> None:
    fill(queue, b"1", b"2")
    client.config_set("maxmemory", "1")
    try:
        outcome = ask("spool", "flush")
    finally:
        client.config_set("maxmemory", "0")
    assert (outcome.code, "used memory > 'maxmemory'" in outcome.err) == (1, True)
    assert json.loads(ask("spool", "status", "--json").out)["waiting"] == 2


def test_a_person_reads_the_same(ask: Any, queue: Queue) -> None:
    fill(queue, b"1")
    lines = dict(line.split("  ", 1) for line in ask("spool", "status").out.splitlines())
    assert lines["waiting"].strip() == "1"
    assert lines["oldest"].strip().startswith("for ")
    assert lines["size"].strip().endswith(" of 256 MiB (TRAILKEEPER_SPOOL_MAX_MB)")
    assert lines[f"for {queue.place}"].strip() == "1"


def test_it_may_be_off(ask: Any) -> None:
    assert ask("spool", "status", SPOOL="off").err == "the spool is off (TRAILKEEPER_SPOOL)\n"
    assert json.loads(ask("spool", "status", "--json", SPOOL="off").out) == {"off": True}
    assert json.loads(ask("spool", "flush", "--json", SPOOL="off").out) == {"delivered": 0, "waiting": 0}


@pytest.mark.parametrize("value", ["", "/var/lib/spool", "spool.db"])
def test_a_file_must_be_told_from_others_by_its_name(ask: Any, value: str) -> None:
    outcome = ask("spool", "status", SPOOL=value)
    assert outcome.code == 2
    assert "expected a path that ends in .sqlite, or off" in outcome.err


class TestDoctor:
    @pytest.fixture(autouse=True)
    def _spool(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("TRAILKEEPER_SPOOL", str(tmp_path / "spool.sqlite"))
        monkeypatch.setenv("TRAILKEEPER_SPOOL_MAX_MB", "1")

    def test_an_empty_spool_on_a_disk_is_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(of_spool, "FLEETING", set())
        assert [finding.severity for finding in findings().values()] == ["ok"]

    def test_one_that_does_not_outlive_the_machine_is_warned_of(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(of_spool, "filesystem_of", lambda _: "tmpfs")
        (found,) = [each for each in findings() if "tmpfs" in each]
        assert found.endswith("is on tmpfs, which does not outlive the machine or container")

    def test_events_that_wait_for_long_come_with_advice(
        self, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(queue, b"1")
        monkeypatch.setattr(of_spool, "OLD_SECONDS", 0.0)
        (found,) = [each for each in findings().values() if "1 event waits" in each.found]
        assert (found.severity, "trailkeeper spool flush" in found.advice) == ("warning", True)

    def test_refusals_and_damage_are_told(self, tmp_path: Path) -> None:
        (tmp_path / "spool.sqlite").write_bytes(b"garbage" * 2000)
        small = a_queue(tmp_path, max_mb=1)
        fill(small, *[b"x" * 60_000] * 15)
        for _ in range(3):
            with pytest.raises(Exception, match="is full"):
                fill(small, b"x" * 200_000)
        small.file.close()
        found = findings()
        assert any("refused 3 events" in each for each in found)
        assert any("was damaged and renamed" in each for each in found)
        assert any("of 1 MiB are used" in each for each in found)

    def test_a_spool_that_is_off_is_warned_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRAILKEEPER_SPOOL", "off")
        assert list(findings()) == ["it is off"]
