"""What `producer.spool.Spool` promises, whoever keeps it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest

from tests.support.waiting import until
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.spool import Spool

PLENTY = 5.0  # seconds
Entry = dict[bytes, bytes]


class Keeping(Protocol):
    """One implementation, and what it delivered."""

    spool: Spool
    delivered: list[Mapping[bytes, bytes]]

    def full(self) -> AbstractContextManager[object]:
        """Take nothing within the block."""


def entry(number: int) -> Entry:
    """Fields that differ in number and kind: those of later releases travel along."""
    found = {b"e": b"%d \x00\xff\r\n" % number, b"of-a-later-release": b"x" * (number % 7)}
    return found | ({b"invalid": b"why", b"s": b"\x00"} if number % 3 == 0 else {})


class SpoolContract:
    """A spool, and the stream that it delivers to."""

    @pytest.fixture
    def keeping(self) -> Any:
        raise NotImplementedError

    def test_what_was_put_follows_whole_and_in_order_once_redis_answers(self, keeping: Keeping) -> None:
        entries = [entry(number) for number in range(1200)]
        for each in entries:
            put(keeping.spool, each)
        assert keeping.delivered == []
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= len(entries))
        assert keeping.delivered == entries

    def test_nothing_is_delivered_twice(self, keeping: Keeping) -> None:
        put(keeping.spool, entry(1))
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= 1)
        put(keeping.spool, entry(2))
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= 2)
        keeping.spool.redis_answered()
        assert keeping.delivered == [entry(1), entry(2)]

    def test_threads_may_share_it(self, keeping: Keeping) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: put(keeping.spool, entry(number)), range(400)))
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= 400)
        assert sorted(each[b"e"] for each in keeping.delivered) == sorted(entry(n)[b"e"] for n in range(400))

    def test_what_it_cannot_take_is_refused_and_the_rest_is_kept(self, keeping: Keeping) -> None:
        put(keeping.spool, entry(1))
        with keeping.full(), pytest.raises(SpoolUnavailable):
            put(keeping.spool, entry(2))
        put(keeping.spool, entry(3))
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= 2)
        assert keeping.delivered == [entry(1), entry(3)]

    def test_it_may_be_closed_and_used_again(self, keeping: Keeping) -> None:
        for number in (1, 2):
            put(keeping.spool, entry(number))
            keeping.spool.close()
        keeping.spool.redis_answered()
        until(lambda: len(keeping.delivered) >= 2)
        assert keeping.delivered == [entry(1), entry(2)]


def put(spool: Spool, fields: Mapping[bytes, bytes], seconds: float = PLENTY) -> None:
    spool.put(fields, "account:login:success", time.monotonic() + seconds)
