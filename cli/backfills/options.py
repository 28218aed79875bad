"""The options that every kind of backfill takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import click
import msgspec

from trailkeeper.cli.who import requested_by

LARGEST_THROTTLE = 1_000_000


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a backfill is run, and for whom."""

    by: str | None
    throttle: int | None
    dry_run: bool
    wait: bool
    here: bool
    as_json: bool

    @classmethod
    def take_from(cls, options: dict[str, Any]) -> Self:
        """Those among a command's options, removed from them."""
        return cls(**{name: options.pop(name) for name in cls.__struct_fields__})


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return requested_by(command)


_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Only count, and show some; change nothing."),
    click.option(
        "--throttle",
        type=click.IntRange(1, LARGEST_THROTTLE),
        metavar="N",
        help="At most N events a second [as fast as ingestion allows].",
    ),
    click.option("--wait", is_flag=True, help="Wait for its end, with a progress bar."),
    click.option("--here", is_flag=True, help="Do the work in this process, and wait for its end."),
    click.option("--json", "as_json", is_flag=True, help="Lines of JSON."),
)
