"""Calling the command within the test's own process."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

import cli.settings
import worker.settings
from cli.main import run
from producer.settings import PREFIX


class Outcome(NamedTuple):
    """What a call gave back."""

    code: int
    out: str
    err: str


def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str
) -> Outcome:
    """Run one command line with only these TRAILKEEPER_ variables: ``REDIS_URL="…"``."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    cli.settings.settings.cache_clear()
    worker.settings.settings.cache_clear()
    try:
        code = run(arguments)
    finally:
        cli.settings.settings.cache_clear()
        worker.settings.settings.cache_clear()
    return Outcome(code, *capsys.readouterr())


def is_one_line(text: str) -> bool:
    """Whether there is one line, and no traceback in it."""
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text
