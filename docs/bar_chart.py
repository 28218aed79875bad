"""Horizontal bars as SVG that reads well on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, BAR, GAP, LEFT, RIGHT = 720, 22, 10, 250, 110
HEAD = 40
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}"
    ".bar{fill:#8c959f}.ours{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#58a6ff}}"
)


class Bar(NamedTuple):
    """One line: what, how much, and whether it is ours."""

    label: str
    value: float
    is_ours: bool


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """The picture; the longest bar has the whole width, and each says its value."""
    longest = max(bar.value for bar in bars)
    height = HEAD + len(bars) * (BAR + GAP)
    view = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="18">{escape(title)}</text>',
    ]
    for place, bar in enumerate(bars):
        lines += _line(bar, HEAD + place * (BAR + GAP), bar.value / longest, unit)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _line(bar: Bar, top: int, share: float, unit: str) -> list[str]:
    width = max(1, round(share * (WIDTH - LEFT - RIGHT)))
    middle = top + BAR - 6
    kind = "bar ours" if bar.is_ours else "bar"
    return [
        f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{width}" height="{BAR}" rx="3"/>',
        f'<text x="{LEFT + width + 8}" y="{middle}">{bar.value:,.0f} {escape(unit)}</text>',
    ]
