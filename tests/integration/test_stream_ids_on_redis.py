"""Whoever may add to the stream chooses an entry's id, and cannot close the stream with it."""

from __future__ import annotations

import pytest
import redis

from tests.support.drains import STREAM, an_event, put, settings_for, stored_ids
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.upkeep import renew

HIGHEST = f"{2**64 - 1}-{2**64 - 1}"
FUTURE = "4102444800000-0"
"""Of the year 2100."""


@pytest.mark.parametrize("identity", [HIGHEST, FUTURE])
@pytest.mark.parametrize("trimmed", [False, True], ids=["drained", "trimmed at once"])
def test_an_entry_with_an_id_of_the_future_does_not_close_the_stream(
    client: redis.Redis, redis_url: str, database_url: str, identity: str, *, trimmed: bool
) -> None:
    before = an_event()
    put(client, before)
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    drainer.run(20)
    client.xadd(STREAM, {"e": b"{}"}, id=identity, maxlen=0 if trimmed else None, approximate=False)
    drainer.run(20)

    assert renew(client, STREAM)
    after = an_event()
    (entry,) = put(client, after)
    drainer.run(20)
    drainer.close()

    assert stored_ids(database_url) == [before.id, after.id]
    assert int(entry.partition("-")[0]) < int(FUTURE.partition("-")[0])
    assert not renew(client, STREAM)


def test_what_waits_is_drained_before_the_stream_begins_anew(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    assert not renew(client, STREAM)
    event = an_event()
    put(client, event)
    client.xadd(STREAM, {"e": b"{}"}, id=HIGHEST)

    assert not renew(client, STREAM)
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    drainer.run(20)
    drainer.close()

    assert stored_ids(database_url) == [event.id]
    assert renew(client, STREAM)
