"""Calling the command within the test's own process."""

from __future__ import annotations

import os
import tempfile
from typing import NamedTuple

import pytest

import trailkeeper.cli.settings
import trailkeeper.worker.settings
from tests import STATE
from trailkeeper.cli.group import run
from trailkeeper.producer import process
from trailkeeper.producer.settings import PREFIX


class Outcome(NamedTuple):
    """What a call gave back."""

    code: int
    out: str
    err: str


def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str
) -> Outcome:
    """Run one command line with only these TRAILKEEPER_ variables: ``REDIS_URL="…"``.

    As in a process of its own: with an emitter that nobody made before, and a spool of this test's.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    if os.environ["XDG_STATE_HOME"] == STATE:
        monkeypatch.setenv("XDG_STATE_HOME", tempfile.mkdtemp(dir=STATE))
    trailkeeper.cli.settings.settings.cache_clear()
    trailkeeper.worker.settings.settings.cache_clear()
    before = process.swap(None)
    try:
        code = run(arguments)
    finally:
        if made := process.swap(before):
            made.close()
        trailkeeper.cli.settings.settings.cache_clear()
        trailkeeper.worker.settings.settings.cache_clear()
    return Outcome(code, *capsys.readouterr())


def is_one_line(text: str) -> bool:
    """Whether there is one line, and no traceback in it."""
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text
