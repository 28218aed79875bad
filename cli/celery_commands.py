"""Celery's own commands with our application; everything that is typed goes to Celery."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from trailkeeper.worker.settings import settings

from .misspelt import warn_of_misspelt

CONTEXT: dict[str, Any] = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "help_option_names": ["--help"],  # every short option is Celery's
}


def become(command: str, defaults: Sequence[str], options: Sequence[str]) -> NoReturn:
    """Replace this process by Celery's: signals and the exit code are then Celery's.

    Args:
        command: of Celery.
        defaults: options that *options* override, as the last one wins.
        options: as they were typed.

    Raises:
        SettingsError: a setting is wrong; Celery would show a traceback.
        ModuleNotFoundError: Celery is not installed.
    """
    settings()
    warn_of_misspelt()
    import_module("celery")  # first: its Kombu, which is asked next, may be installed without it
    import_module("trailkeeper.worker.broker_url").broker_of(settings())
    # -P: Celery must not be a file celery.py of the current folder
    line = [sys.executable, "-P", "-m", "celery", "-A", "trailkeeper.worker", command, *defaults, *options]
    os.execv(sys.executable, line)  # noqa: S606 - no shell is wanted
