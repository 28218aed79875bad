"""Messages changed at random: each becomes a row or a dead letter, and none stops the drain."""

from __future__ import annotations

from typing import Any

import redis

from tests.fuzz.hostile import entries
from tests.support.drains import STREAM, query, settings_for
from trailkeeper.worker.drain import Drainer

MESSAGES = 1_500
SEED = 7


def test_every_hostile_message_is_accounted_for_and_none_is_a_fault_of_ours(
    redis_url: str, database_url: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        for entry in entries(SEED, MESSAGES):
            fields: Any = entry
            client.xadd(STREAM, fields)
    drainer = Drainer(settings_for(redis_url, database_url), "test/1")
    try:
        report = drainer.run(60)
    finally:
        drainer.close()

    letters = query(database_url, "SELECT reason, count(*) AS n FROM dead_letters GROUP BY reason")
    reasons = {row["reason"]: row["n"] for row in letters}
    assert report.stored + report.duplicates + sum(reasons.values()) == MESSAGES
    assert report.stored > MESSAGES / 10
    assert len(reasons) >= 8
    assert "worker_error" not in reasons
    assert "killed_worker" not in reasons
