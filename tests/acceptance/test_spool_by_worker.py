"""A worker delivers what a producer on its host left in the spool."""

from __future__ import annotations

from pathlib import Path

from tests.support.drains import STREAM, an_event, stored_ids
from tests.support.spooling import a_queue, fill
from tests.support.stacks import running
from tests.support.waiting import until
from trailkeeper.cli.embedded.redis_config import RedisConfig
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.wire import encode


def test_what_a_producer_left_on_disk_is_stored_by_the_worker_of_its_host(services_folder: Path) -> None:
    home = services_folder / "left"
    place = RedisStream(RedisConfig(home / "redis").url, STREAM).place
    queue = a_queue(home, place=place)
    events = [an_event() for _ in range(1200)]
    fill(queue, *map(encode, events))

    with running(home) as stack:
        assert stack.spool == queue.file.path
        until(lambda: stored_ids(stack.database_url) == [event.id for event in events], 60)
    assert read_status(queue.file).waiting == 0
