"""What `trailkeeper status` calls an alarm, and since when it says it is so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import redis

from trailkeeper.cli.status import alarms
from trailkeeper.cli.status.in_redis import memory_of, refusal

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)
WELL: dict[str, dict[str, Any]] = {
    "redis": {"used_bytes": 1, "max_bytes": None, "refuses": None, "last_write": NOON},
    "stream": {"waiting": 5, "being_stored": 1, "stranded": 0, "oldest_seconds": 2.0, "paused": None},
    "spool": {"off": False, "waiting": 0, "oldest_seconds": None},
    "outbox": {"waiting": 0, "at_least": False, "oldest_seconds": None},
    "beat": {"seen": NOON - timedelta(seconds=20), "seconds_ago": 20.0},
    "completeness": {"missing": 0, "since": None},
}
AWAY = {"unknown": "it does not answer"}


def paused(cause: str) -> dict[str, Any]:
    return WELL["stream"] | {"paused": {"cause": cause, "detail": "refused", "since": EARLIER}}


def waiting(part: str) -> dict[str, Any]:
    return WELL[part] | {"waiting": 7, "oldest_seconds": 3600.0}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"redis": AWAY, "stream": AWAY, "beat": AWAY}, [("redis_unreachable", None)]),
        (
            {"redis": AWAY, "stream": AWAY, "beat": AWAY, "spool": waiting("spool")},
            [("redis_unreachable", EARLIER), ("spool_waiting", EARLIER)],
        ),
        (
            {"redis": WELL["redis"] | {"refuses": "full", "last_write": EARLIER}},
            [("redis_refuses_writes", EARLIER)],
        ),
        ({"stream": AWAY}, [("stream_refused", None)]),
        ({"outbox": AWAY, "completeness": AWAY}, [("postgres_unreachable", None)]),
        (
            {"outbox": AWAY, "completeness": AWAY, "stream": paused("store")},
            [("postgres_unreachable", EARLIER)],
        ),
        ({"stream": paused("store")}, [("drains_wait", EARLIER)]),
        ({"rate": {"stored": 400, "dead_lettered": 600, "quarantined": 0}}, [("most_rejected", None)]),
        ({"rate": {"stored": 700, "dead_lettered": 600, "quarantined": 0}}, []),
        ({"rate": {"stored": 0, "dead_lettered": 600, "quarantined": 600}}, []),
        ({"stream": waiting("stream")}, [("backlog_old", EARLIER)]),
        ({"outbox": waiting("outbox")}, [("outbox_waiting", EARLIER)]),
        ({"spool": {"off": True}}, []),
        ({"completeness": {"missing": 3, "since": EARLIER}}, [("events_missing", EARLIER)]),
        ({"beat": {"seen": EARLIER, "seconds_ago": 3600.0}}, [("beat_silent", EARLIER)]),
        ({"beat": {"seen": None, "seconds_ago": None}}, []),
    ],
)
def test_each_trouble_has_a_name_and_the_time_it_began(
    changes: dict[str, Any], expected: list[tuple[str, datetime | None]]
) -> None:
    found = alarms(WELL | changes, NOON)
    assert [(alarm.name, alarm.since) for alarm in found] == expected
    assert all(alarm.seconds == (3600.0 if alarm.since else None) for alarm in found)


def test_an_alarm_reads_as_a_sentence() -> None:
    [known] = alarms(WELL | {"completeness": {"missing": 1234, "since": EARLIER}}, NOON)
    assert str(known) == "1,234 numbered events are missing, since 2026-11-15 11:00:00 (1.0 h)"
    [unknown] = alarms(WELL | {"outbox": AWAY, "completeness": AWAY}, NOON)
    assert str(unknown) == "it does not answer; since when is not known"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"used_memory": 10, "maxmemory": 0}, None),
        ({"used_memory": 10, "maxmemory": 11}, None),
        ({"used_memory": 1_100, "maxmemory": 1_000}, "1,100 of 1,000 bytes are used"),
        ({"used_memory": 1_100, "maxmemory": 1_000, "mem_not_counted_for_evict": 200}, None),
        ({"used_memory": 10, "maxmemory": 0, "role": "slave"}, "it is a replica"),
        (
            {"used_memory": 10, "maxmemory": 0, "aof_last_write_status": "err"},
            "it cannot write its append-only file",
        ),
        ({"used_memory": 10, "maxmemory": 0, "min_slaves_good_slaves": 1}, None),
        (
            {"used_memory": 10, "maxmemory": 0, "min_slaves_good_slaves": 0},
            "no replica follows it closely (min-replicas-to-write)",
        ),
    ],
)
def test_why_a_server_refuses_writes_is_read_from_what_it_says(
    info: dict[str, Any], expected: str | None
) -> None:
    assert refusal(info) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), "NOREPLICAS Not enough"),
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), "MISCONF Errors"),
        (redis.exceptions.NoPermissionError("no permissions to run the 'del' command"), None),
        (0, None),
    ],
)
def test_what_a_server_does_not_say_of_itself_its_answer_to_a_write_tells(
    answer: Any, expected: str | None
) -> None:
    client = Mock(redis.Redis)
    client.info.return_value = {"used_memory": 10, "maxmemory": 0}
    client.get.return_value = None
    client.delete.side_effect = [answer]
    found = memory_of(client, "trailkeeper:events")["refuses"]
    assert found is None if expected is None else found.startswith(expected)
