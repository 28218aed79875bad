"""How many drains are started for what is waiting."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.worker.backlog import Backlog
from trailkeeper.worker.running import MARGIN_SECONDS, Running, running, wanted


@pytest.mark.parametrize(
    ("backlog", "busy", "expected"),
    [
        pytest.param(Backlog(0, 0, False), 0, 0, id="nothing to do"),
        pytest.param(Backlog(1, 0, False), 0, 1, id="one message is worth one drain"),
        pytest.param(Backlog(1_001, 0, False), 0, 2, id="one drain a batch"),
        pytest.param(Backlog(1_001, 0, False), 1, 1, id="those under way count"),
        pytest.param(Backlog(900_000, 0, False), 0, 4, id="at most one a pool process"),
        pytest.param(Backlog(900_000, 0, True), 0, 0, id="none while paused"),
        pytest.param(Backlog(0, 500, False), 0, 0, id="what is in hand needs no further drain"),
        pytest.param(Backlog(5, 0, False), 4, 0, id="a full pool is left alone"),
    ],
)
def test_drains_are_started_as_the_backlog_asks(backlog: Backlog, busy: int, expected: int) -> None:
    assert wanted(backlog, Running(busy, 0), slots=4, batch_size=1_000) == expected


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param(Running(0, 1), 1, id="a small backlog gets a drain beside one that hangs"),
        pytest.param(Running(1, 3), 0, id="one at work is enough for it"),
        pytest.param(Running(0, 4), 0, id="no process is free where all hang"),
    ],
)
def test_a_drain_that_hangs_takes_a_process_and_no_work(tasks: Running, expected: int) -> None:
    assert wanted(Backlog(1, 0, False), tasks, slots=4, batch_size=1_000) == expected


def test_a_drain_hangs_once_it_is_well_beyond_its_time() -> None:
    requests = [
        SimpleNamespace(name=name, time_start=start)
        for name, start in [
            ("drain", None),
            ("drain", 100.0),
            ("drain", 100.0 - 5 - MARGIN_SECONDS),
            ("drain", 99.9 - 5 - MARGIN_SECONDS),
            ("purge", 0.0),
        ]
    ]
    assert running(requests, "drain", 100.0, 5.0) == Running(busy=3, hung=1)


@given(
    new=st.integers(0, 10**7),
    pending=st.integers(0, 10**7),
    tasks=st.builds(Running, st.integers(0, 100), st.integers(0, 100)),
    slots=st.integers(1, 64),
    batch=st.integers(1, 10_000),
)
def test_there_are_never_more_drains_than_pool_processes(
    new: int, pending: int, tasks: Running, slots: int, batch: int
) -> None:
    started = wanted(Backlog(new, pending, False), tasks, slots=slots, batch_size=batch)

    assert started >= 0
    assert started == 0 or sum(tasks) + started <= slots


@given(new=st.integers(1, 10**7), slots=st.integers(1, 64))
def test_something_new_is_never_left_without_a_drain(new: int, slots: int) -> None:
    assert wanted(Backlog(new, 0, False), Running(0, 0), slots=slots, batch_size=1_000) >= 1
