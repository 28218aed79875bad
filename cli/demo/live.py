"""The table that shows events as they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from trailkeeper.cli.output import safe
from trailkeeper.cli.sentences import Sentences
from trailkeeper.models.histories import StoredEvent

ROWS = 14


def picture(events: Sequence[StoredEvent], sentences: Sentences, *, sent: int, stored: int) -> RenderableType:
    """The newest events, and how many there are."""
    table = Table(box=None, expand=True, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("time (UTC)", no_wrap=True, width=12)
    table.add_column("what", ratio=5, no_wrap=True, overflow="ellipsis")
    table.add_column("from", ratio=2, no_wrap=True, overflow="ellipsis")
    table.add_column("with", ratio=3, no_wrap=True, overflow="ellipsis")
    for event in events[:ROWS]:
        table.add_row(*(Text(safe(cell)) for cell in cells(event, sentences)))
    return Group(Text(f"{sent:,} emitted, {stored:,} stored", style="bold"), table)


def cells(event: StoredEvent, sentences: Sentences) -> tuple[str, str, str, str]:
    """Time, sentence, place and device of one event, as words."""
    return (
        f"{event.occurred_at:%H:%M:%S.%f}"[:-3],
        sentences.of(event) or event.tag,
        place(event),
        event.client.display if event.client else "No User-Agent",
    )


def place(event: StoredEvent) -> str:
    """The location of an event, or why it is not known."""
    if event.ip is None:
        return "-"
    if event.location is None:
        return f"{event.ip} (not enriched)"
    return event.location.display or f"{event.ip} ({event.location.reason})"
