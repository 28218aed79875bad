"""Threads take short turns while rows are moved, and as before afterwards, whatever happened."""

from __future__ import annotations

import sys

import pytest

from trailkeeper.worker.gil_switch_interval import SECONDS, short_gil_switch_interval


def test_turns_are_short_within_the_block_and_as_before_after_it() -> None:
    before = sys.getswitchinterval()
    with short_gil_switch_interval():
        assert sys.getswitchinterval() == pytest.approx(SECONDS)
    assert sys.getswitchinterval() == pytest.approx(before)


def test_they_are_as_before_after_an_error() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(ValueError, match="ours"), short_gil_switch_interval():
        raise ValueError("ours")
    assert sys.getswitchinterval() == pytest.approx(before)
