"""Who runs the command, for events and records."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click


def _login() -> str | None:
    try:
        return getpass.getuser().encode("utf-8", "replace").decode()
    except (OSError, KeyError, ImportError):
        return None  # a container's user may have no name


def requested_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option --by."""
    return click.option(
        "--by", default=_login, metavar="NAME", help="Who requests it, for the record [your login name]."
    )(command)
