"""What `trailkeeper status` and `trailkeeper doctor` find out from real servers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import redis

from tests.support.command import Outcome, call
from tests.support.drains import STREAM, an_event, put, query
from trailkeeper.producer.stream_keys import last_write_key, pause_key
from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain.full_redis import takes_writes
from trailkeeper.worker.ingest import pause


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, redis_url: str, database_url: str
) -> Any:
    def run(*arguments: str) -> Outcome:
        return call(capsys, monkeypatch, *arguments, REDIS_URL=redis_url, DATABASE_URL=database_url)

    return run


def doctor(ask: Any) -> dict[str, str]:
    findings = json.loads(ask("doctor", "--json").out)["findings"]
    return {finding["check"]: finding["severity"] for finding in findings}


def test_status_reads_as_sentences(ask: Any, client: redis.Redis) -> None:
    put(client, an_event())
    outcome = ask("status")
    lines = dict(line.split("  ", 1) for line in outcome.out.splitlines())
    assert outcome.code == 0
    assert lines["stream"].strip().startswith("1 waiting, 0 being stored, the oldest for ")
    assert (lines["workers"].strip(), lines["beat"].strip()) == ("none answers", "never seen")


def test_a_database_without_schema_is_a_problem_with_advice(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
    empty_database_url: str,
) -> None:
    outcome = call(capsys, monkeypatch, "doctor", REDIS_URL=redis_url, DATABASE_URL=empty_database_url)
    assert outcome.code == 1
    assert "PROBLEM  schema: not this version's\n         -> run `trailkeeper migrate`" in outcome.out


def test_an_old_sign_of_beat_is_a_problem(ask: Any, client: redis.Redis) -> None:
    client.set(f"{STREAM}:beat", "2026-01-01T00:00:00+00:00")
    assert doctor(ask)["beat"] == "problem"


def test_a_pause_is_shown_with_its_cause(ask: Any, client: redis.Redis) -> None:
    note = b'{"cause":"store","detail":"it is away","since":"2026-01-01T00:00:00Z"}'
    client.set(f"{STREAM}:pause", note, ex=30)
    assert "PAUSED (store): it is away" in ask("status").out
    assert doctor(ask)["draining"] == "problem"


def test_what_is_no_stream_in_the_streams_place_is_an_alarm_that_names_the_next_step(
    ask: Any, client: redis.Redis
) -> None:
    client.set(STREAM, "somebody else's")
    status = json.loads(ask("status", "--json").out)
    [alarm] = status["alarms"]
    assert alarm["name"] == "stream_refused"
    assert "RENAME it, or set TRAILKEEPER_STREAM" in alarm["what"]
    assert "does not answer" not in alarm["what"]
    assert client.get(STREAM) == b"somebody else's"


def test_an_alarm_is_told_with_its_beginning_and_by_the_exit_code(ask: Any, client: redis.Redis) -> None:
    well = ask("status", "--json")
    assert (well.code, json.loads(well.out)["healthy"], json.loads(well.out)["alarms"]) == (0, True, [])
    pause.begin(client, STREAM, "store", "connection refused")
    client.delete(pause_key(STREAM))  # its second is over, and nobody tried again yet
    assert (
        json.loads(ask("status", "--json").out)["healthy"] is True
    )  # nothing waits, so nothing is kept from it
    put(client, an_event())
    outcome = ask("status", "--json")
    found = json.loads(outcome.out)
    [alarm] = found["alarms"]
    assert (outcome.code, found["healthy"], alarm["name"]) == (1, False, "drains_wait")
    assert alarm["since"] == found["stream"]["paused"]["since"]
    assert "ALARM drains_wait: drains wait: connection refused, since " in ask("status").out
    assert ask("drain").code == 0
    assert json.loads(ask("status", "--json").out)["alarms"] == []


class TestOnBothServers:
    """What is asked of Redis in a way that a server could answer differently."""

    @pytest.fixture
    def redis_url(self, either_redis_url: str) -> str:
        return either_redis_url

    def test_status_counts_what_waits_and_what_was_stored(self, ask: Any, client: redis.Redis) -> None:
        put(client, an_event(), an_event(), b"not json")
        before = json.loads(ask("status", "--json").out)
        assert before["stream"]["waiting"] == 3
        assert before["stream"]["oldest_seconds"] < 60
        drained = json.loads(ask("drain", "--json").out)
        assert (drained["stored"], drained["dead_lettered"], drained["duplicates"]) == (2, 1, 0)
        after = json.loads(ask("status", "--json").out)
        assert after["stream"] == {
            "waiting": 0,
            "being_stored": 0,
            "stranded": 0,
            "oldest_seconds": None,
            "paused": None,
        }
        assert (after["rate"]["stored"], after["rate"]["dead_lettered"]) == (2, 1)
        assert after["dead_letters"] == {"total": 1, "by_reason": {"not_json": 1}}
        assert after["events"]["tag"] == "account:login:success"
        assert after["workers"] == {"answering": 0, "queues": {}}

    def test_the_outbox_is_shown_and_drained_as_well(self, ask: Any, database_url: str) -> None:
        query(database_url, "INSERT INTO outbox (payload) VALUES (:event)", event=encode(an_event()))
        before = json.loads(ask("status", "--json").out)["outbox"]
        assert (before["waiting"], before["at_least"]) == (1, False)
        assert before["oldest_seconds"] < 60
        lines = dict(line.split("  ", 1) for line in ask("status").out.splitlines())
        assert lines["outbox"].strip().startswith("1 waiting, the oldest for ")
        assert json.loads(ask("drain", "--json").out)["stored"] == 1
        assert json.loads(ask("status", "--json").out)["outbox"] == {
            "waiting": 0,
            "at_least": False,
            "oldest_seconds": None,
        }

    def test_an_outbox_that_nobody_relays_is_a_warning(self, ask: Any, database_url: str) -> None:
        assert doctor(ask)["outbox"] == "ok"
        query(
            database_url,
            "INSERT INTO outbox (payload, created_at) VALUES (:event, now() - interval '2 minutes')",
            event=b"{}",
        )
        assert doctor(ask)["outbox"] == "warning"

    def test_a_fresh_stack_without_workers_has_only_that_wrong(self, ask: Any) -> None:
        found = doctor(ask)
        problems = {check for check, severity in found.items() if severity == "problem"}
        assert problems == {"workers for ingest", "workers for maintenance", "beat"}
        assert {
            "Redis eviction",
            "Redis persistence",
            "schema",
            "database encoding",
            "clock of Redis",
        } <= set(found)

    def test_a_full_redis_is_an_alarm_with_the_time_of_its_last_write(
        self, ask: Any, client: redis.Redis
    ) -> None:
        assert takes_writes(client, STREAM)
        client.config_set("maxmemory", "1")
        try:
            outcome = ask("status", "--json")
            assert doctor(ask)["Redis writes"] == "problem"
        finally:
            client.config_set("maxmemory", "0")
        found = json.loads(outcome.out)
        [alarm] = [alarm for alarm in found["alarms"] if alarm["name"] == "redis_refuses_writes"]
        written: Any = client.get(last_write_key(STREAM))
        assert datetime.fromisoformat(alarm["since"]) == datetime.fromisoformat(written.decode())
        assert outcome.code == 1

    def test_eviction_is_a_problem(self, ask: Any, client: redis.Redis) -> None:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert doctor(ask)["Redis eviction"] == "problem"
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    def test_a_server_that_hides_its_configuration_is_asked_otherwise(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        client: redis.Redis,
        redis_url: str,
    ) -> None:
        client.acl_setuser(
            "guest",
            enabled=True,
            passwords=["+guest"],
            keys=["*"],
            channels=["*"],
            categories=["+@all"],
            commands=["-config"],
        )
        try:
            url = "redis://guest:guest@" + redis_url.rpartition("@")[2]
            outcome = call(capsys, monkeypatch, "doctor", "--json", REDIS_URL=url)
            found = {finding["check"]: finding["severity"] for finding in json.loads(outcome.out)["findings"]}
            assert (found["Redis persistence"], found["Redis eviction"]) == ("ok", "ok")
        finally:
            client.acl_deluser("guest")
