"""Processes die at any moment, again and again; every event is in the table exactly once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from tests.support.drains import STREAM, stored_ids
from tests.support.load import Load, load
from tests.support.stacks import dead_letters, is_drained, pool_of, running
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack

KILLS = 12
SECONDS_TO_RECOVER = 90.0


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Iterator[Stack]:
    with running(services_folder / "kills") as stack:
        yield stack


def _is_back(stack: Stack, server: str, pid: int) -> bool:
    return stack.pids().get(server, pid) != pid


def assert_stored_once(stack: Stack, sent: Load) -> None:
    until(lambda: is_drained(stack), SECONDS_TO_RECOVER, "the stream is empty")
    ids = stored_ids(stack.database_url)

    assert len(sent.confirmed) > 500
    assert len(ids) == len(set(ids))
    assert sent.confirmed - set(ids) == set()
    assert dead_letters(stack) == {}


def _read_on(client: redis.Redis, since: bytes) -> bytes | None:
    """How far the stream was given out, once that is further than before: so a kill meets a batch."""
    try:
        groups: Any = client.xinfo_groups(STREAM)
    except redis.ResponseError:
        return None  # no drain has begun yet
    place: bytes = next((group["last-delivered-id"] for group in groups), since)
    return place if place != since else None


def test_killing_pool_processes_and_workers_loses_and_doubles_nothing(stack: Stack) -> None:
    choice = random.Random(5)  # the same victims every time, as far as the machine allows

    with load(stack.redis_url) as sent, redis.Redis.from_url(stack.redis_url) as client:
        read = b"0-0"
        for _ in range(KILLS):
            read = until(partial(_read_on, client, read), 60, "events are taken from the stream again")
            pool = until(lambda: pool_of(stack), 60, "there is somebody to kill")
            with suppress(psutil.NoSuchProcess):  # it ended with its parent, which was the victim before
                victim = psutil.Process(stack.worker_pid) if choice.random() < 0.15 else pool[0]
                victim.kill()
            time.sleep(choice.uniform(0.1, 0.5))  # the interval of the kills, not a wait for anything

    assert_stored_once(stack, sent)


@pytest.mark.parametrize("server", ["redis", "postgres"])
def test_a_server_that_crashes_under_load_loses_and_doubles_nothing(stack: Stack, server: str) -> None:
    with load(stack.redis_url) as sent:
        for _ in range(2):
            sent.wait_for(500)
            pid = stack.pids()[server]
            psutil.Process(pid).kill()
            until(partial(_is_back, stack, server, pid), 60, f"{server} is back")
        sent.wait_for(300)

    assert_stored_once(stack, sent)


def test_a_warm_shutdown_finishes_its_batch_and_the_next_start_goes_on(services_folder: Path) -> None:
    home = services_folder / "warm"
    with running(home) as first, load(first.redis_url) as sent:
        sent.wait_for(1_000)
        first.stop()

    with running(home) as second:
        assert_stored_once(second, sent)
