"""The Postgres that takes writes is another one from one moment to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.drains import stored_ids
from tests.support.load import load
from tests.support.replicas import ReplicatedPostgres, replicated
from tests.support.stacks import dead_letters, is_drained, running
from tests.support.waiting import until


@pytest.fixture
def servers(services_folder: Path, request: pytest.FixtureRequest) -> Iterator[ReplicatedPostgres]:
    with replicated(services_folder / request.node.name.partition("[")[0][-20:]) as found:
        yield found


def assert_survived(servers: ReplicatedPostgres, home: Path, change: Callable[[], None]) -> None:
    with running(home, database_url=servers.url) as stack:
        with load(stack.redis_url) as sent:
            sent.wait_for(500)
            until(lambda: stored_ids(servers.url), what="events are stored")
            change()
            sent.wait_for(500)
        until(lambda: is_drained(stack), 90, "the stream is empty")

        ids = stored_ids(servers.url)
        assert len(ids) == len(set(ids))
        assert sent.confirmed - set(ids) == set()
        assert dead_letters(stack) == {}


def test_a_promotion_under_load_loses_and_doubles_nothing(
    servers: ReplicatedPostgres, services_folder: Path
) -> None:
    assert_survived(servers, services_folder / "promoted", servers.fail_over)


def test_a_server_that_only_reads_from_now_on_is_left_for_the_promoted_one(
    servers: ReplicatedPostgres, services_folder: Path
) -> None:
    def switch() -> None:
        servers.demote()
        servers.promote()

    assert_survived(servers, services_folder / "demoted", switch)
