"""Options that every kind of backfill takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec

from trailkeeper.cli.who import requested_by

NAMELESS = "unknown"
LARGEST_THROTTLE = 1_000_000


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a backfill is to be run, by those options."""

    by: str | None
    throttle: int | None
    dry_run: bool
    wait: bool
    here: bool
    as_json: bool

    @property
    def requested_by(self) -> str:
        """Who asks, for the record."""
        return self.by or NAMELESS


def how(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument *how*."""

    def called(**given: Any) -> Any:
        values = {name: given.pop(name) for name in How.__struct_fields__}
        return command(how=How(**values), **given)

    called.__doc__, called.__name__ = command.__doc__, command.__name__
    called.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # click's own
    for option in reversed(_OPTIONS):
        called = option(called)
    return requested_by(called)


_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Only count and show some; change nothing."),
    click.option(
        "--throttle",
        type=click.IntRange(1, LARGEST_THROTTLE),
        metavar="N",
        help="At most so many a second [as fast as it goes, after ingestion].",
    ),
    click.option("--wait", is_flag=True, help="Wait for its end, with a bar."),
    click.option("--here", is_flag=True, help="Do the work in this process, and wait for its end."),
    click.option("--json", "as_json", is_flag=True, help="Lines of JSON."),
)
