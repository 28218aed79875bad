"""What `worker.drain.stream` and `worker.backlog` promise, whichever server holds the stream."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from tests.support.drains import STREAM, put
from tests.support.waiting import until
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import GROUP, minute_key, pause_key
from trailkeeper.worker.backlog import Backlog, read_backlog
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest import pause
from trailkeeper.worker.ingest.stats import STATS_SECONDS

HOUR_MS = 3_600_000


class StreamContract:
    """Two consumers, `mine` and `other`, of one stream."""

    @pytest.fixture
    def client(self) -> redis.Redis:
        """Connected to an empty server of the kind."""
        raise NotImplementedError

    @pytest.fixture
    def away(self) -> redis.Redis:
        """A client of the kind whose server does not answer."""
        raise NotImplementedError

    @pytest.fixture
    def mine(self, client: redis.Redis) -> Stream:
        return Stream(client, STREAM, "here/1")

    @pytest.fixture
    def other(self, client: redis.Redis) -> Stream:
        return Stream(client, STREAM, "there/1")

    def test_messages_are_read_oldest_first_up_to_a_count_and_once(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        put(client, *(b"%d" % number for number in range(5)))
        assert [message.payload for message in mine.read(2)] == [b"0", b"1"]
        assert [message.payload for message in other.read(10)] == [b"2", b"3", b"4"]
        assert mine.read(10) == []

    def test_a_message_is_an_entry_with_its_id_and_all_its_fields(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        bad: dict[Any, Any] = {"e": b"\xff\r\n\x00", "invalid": b"why"}
        stream_ids = [client.xadd(STREAM, bad), client.xadd(STREAM, {"other": "field"})]
        quarantined, stranger = mine.read(10)
        assert [quarantined.stream_id.encode(), stranger.stream_id.encode()] == stream_ids
        assert (quarantined.payload, quarantined.problem) == (b"\xff\r\n\x00", b"why")
        assert (stranger.payload, stranger.problem) == (None, None)
        assert stranger.fields == {b"other": b"field"}

    def test_reading_a_stream_that_is_not_there_makes_it_and_its_group(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        assert mine.read(10) == []
        assert [group["name"] for group in groups(client)] == [GROUP.encode()]
        put(client, b"first")
        assert [message.payload for message in mine.read(10)] == [b"first"]

    def test_making_the_group_again_leaves_it_as_it_is(self, client: redis.Redis, mine: Stream) -> None:
        put(client, b"first")
        mine.make_group()
        mine.read(10)
        mine.make_group()
        assert mine.read(10) == []

    def test_what_was_given_out_is_pending_with_its_holder(self, client: redis.Redis, mine: Stream) -> None:
        stream_ids = put(client, b"0", b"1", b"2")
        mine.read(2)
        held = mine.pending(mine=True, idle_ms=0, count=10)
        assert [(one.stream_id, one.consumer, one.deliveries) for one in held] == [
            (stream_id, "here/1", 1) for stream_id in stream_ids[:2]
        ]
        assert all(0 <= one.idle_ms < HOUR_MS for one in held)
        assert len(mine.pending(mine=True, idle_ms=0, count=1)) == 1

    def test_what_others_hold_shows_once_it_is_idle(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        [stream_id] = put(client, b"0")
        other.read(1)
        assert mine.pending(mine=True, idle_ms=0, count=10) == []
        assert mine.pending(mine=False, idle_ms=HOUR_MS, count=10) == []
        [one] = until(lambda: mine.pending(mine=False, idle_ms=20, count=10), 5)
        assert (one.stream_id, one.consumer) == (stream_id, "there/1")
        assert one.idle_ms >= 20

    def test_without_a_group_nothing_is_pending(self, client: redis.Redis, mine: Stream) -> None:
        assert mine.pending(mine=True, idle_ms=0, count=10) == []
        put(client, b"0")
        assert mine.pending(mine=False, idle_ms=0, count=10) == []

    def test_what_is_taken_over_is_mine_whole_and_counted_as_given_out_again(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        stream_ids = put(client, b"0", b"1")
        given = other.read(10)
        assert mine.take_over(stream_ids, 0) == given
        held = mine.pending(mine=True, idle_ms=0, count=10)
        assert [(one.stream_id, one.deliveries) for one in held] == [(each, 2) for each in stream_ids]
        assert other.pending(mine=True, idle_ms=0, count=10) == []

    def test_of_two_that_take_over_the_same_one_gets_it(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        stream_ids = put(client, b"0")
        Stream(client, STREAM, "gone/1").read(10)
        until(lambda: mine.pending(mine=False, idle_ms=300, count=10), 5)
        took = mine.take_over(stream_ids, 300), other.take_over(stream_ids, 300)
        assert [len(messages) for messages in took] == [1, 0]

    def test_taking_over_nothing_is_nothing(self, mine: Stream) -> None:
        assert mine.take_over([], 0) == []

    def test_what_is_no_longer_in_the_stream_is_not_taken_over(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        stream_ids = put(client, b"0", b"1")
        other.read(10)
        client.xdel(STREAM, stream_ids[0])
        assert [message.payload for message in mine.take_over(stream_ids, 0)] == [b"1"]
        assert [one.stream_id for one in mine.pending(mine=False, idle_ms=0, count=10)] == stream_ids[1:]

    def test_what_was_acknowledged_already_is_not_taken_over(
        self, client: redis.Redis, mine: Stream, other: Stream
    ) -> None:
        stream_ids = put(client, b"0")
        other.read(10)
        other.acknowledge(stream_ids, {})
        assert mine.take_over(stream_ids, 0) == []

    def test_what_is_acknowledged_is_gone_and_the_rest_stays(self, client: redis.Redis, mine: Stream) -> None:
        stream_ids = put(client, b"0", b"1", b"2")
        mine.read(10)
        mine.acknowledge(stream_ids[:2], {"stored": 2})
        assert [one.stream_id for one in mine.pending(mine=True, idle_ms=0, count=10)] == stream_ids[2:]
        assert client.xlen(STREAM) == 1

    def test_acknowledging_counts_by_the_minute_and_forgets_in_time(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        stream_ids = put(client, b"0", b"1")
        mine.read(10)
        before = datetime.now(UTC)
        mine.acknowledge(stream_ids[:1], {"stored": 1})
        mine.acknowledge(stream_ids[1:], {"stored": 1, "dead_lettered": 3})
        minutes = {minute_key(STREAM, moment) for moment in (before, datetime.now(UTC))}
        used = [minute for minute in minutes if client.exists(minute)]
        counts: list[Any] = [client.hgetall(minute) for minute in used]
        assert sum(int(count.get(b"stored", 0)) for count in counts) == 2
        assert sum(int(count.get(b"dead_lettered", 0)) for count in counts) == 3
        assert all(0 < client.ttl(minute) <= STATS_SECONDS for minute in used)

    def test_acknowledging_twice_is_harmless(self, client: redis.Redis, mine: Stream) -> None:
        stream_ids = put(client, b"0", b"1")
        mine.read(1)
        for _ in range(2):
            mine.acknowledge(stream_ids[:1], {})
        assert [message.payload for message in mine.read(10)] == [b"1"]

    def test_after_a_lost_group_everything_that_is_in_the_stream_is_given_out(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        put(client, b"given", b"waiting")
        mine.read(1)
        client.xgroup_destroy(STREAM, GROUP)
        assert mine.pending(mine=True, idle_ms=0, count=10) == []
        assert [message.payload for message in mine.read(10)] == [b"given", b"waiting"]

    def test_a_group_lost_between_looking_and_taking_over_is_an_outage(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        stream_ids = put(client, b"0")
        mine.read(1)
        client.xgroup_destroy(STREAM, GROUP)
        with pytest.raises(StreamUnavailable, match="NOGROUP"):
            mine.take_over(stream_ids, 0)

    def test_after_a_lost_stream_it_goes_on(self, client: redis.Redis, mine: Stream) -> None:
        put(client, b"lost")
        mine.read(1)
        client.delete(STREAM)
        assert mine.read(10) == []
        put(client, b"new")
        assert [message.payload for message in mine.read(10)] == [b"new"]

    def test_a_key_of_another_kind_is_told(self, client: redis.Redis, mine: Stream) -> None:
        client.set(STREAM, "text")
        with pytest.raises(StreamUnavailable, match="WRONGTYPE"):
            mine.read(1)
        with pytest.raises(StreamUnavailable, match="WRONGTYPE"):
            mine.pending(mine=True, idle_ms=0, count=10)
        with pytest.raises(StreamUnavailable, match="WRONGTYPE"):
            mine.acknowledge(["1-1"], {})

    def test_a_server_that_is_away_is_an_outage(self, away: redis.Redis) -> None:
        cut_off = Stream(away, STREAM, "here/1")
        with pytest.raises(StreamUnavailable):
            cut_off.read(1)
        with pytest.raises(StreamUnavailable):
            cut_off.pending(mine=True, idle_ms=0, count=10)
        with pytest.raises(StreamUnavailable):
            cut_off.take_over(["1-1"], 0)
        with pytest.raises(StreamUnavailable):
            cut_off.acknowledge(["1-1"], {})
        with pytest.raises(StreamUnavailable):
            cut_off.make_group()
        with pytest.raises(StreamUnavailable):
            read_backlog(away, STREAM)

    def test_the_backlog_tells_what_waits_from_what_was_given_out(
        self, client: redis.Redis, mine: Stream
    ) -> None:
        assert read_backlog(client, STREAM) == Backlog(new=0, pending=0, paused=False)
        stream_ids = put(client, *[b"0"] * 5)
        assert read_backlog(client, STREAM) == Backlog(new=5, pending=0, paused=False)
        mine.read(3)
        assert read_backlog(client, STREAM) == Backlog(new=2, pending=3, paused=False)
        mine.acknowledge(stream_ids[:2], {})
        assert read_backlog(client, STREAM) == Backlog(new=2, pending=1, paused=False)
        client.xgroup_destroy(STREAM, GROUP)
        assert read_backlog(client, STREAM) == Backlog(new=3, pending=0, paused=False)

    def test_the_backlog_tells_of_a_pause(self, client: redis.Redis) -> None:
        pause.begin(client, STREAM, "store", "away")
        assert read_backlog(client, STREAM).paused
        client.delete(pause_key(STREAM))
        assert not read_backlog(client, STREAM).paused


def groups(client: redis.Redis) -> Any:
    return client.xinfo_groups(STREAM)
