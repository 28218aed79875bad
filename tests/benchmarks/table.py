"""Figures as people read them, in the terminal and on the page."""

from __future__ import annotations

from .results import Figure, Results, look_up


def shown_side(key: str | None, unit: str, results: Results) -> str:
    """What was measured of one side; nothing where it was not."""
    value = None if key is None else look_up(results, key)
    return "" if value is None else f"{_number(value)} {unit}"


def shown_value(figure: Figure, value: float) -> str:
    """A ratio, or a value with its unit."""
    own_unit = figure.unit if figure.ours is None else ""
    return f"{_number(value)} {own_unit}".strip()


def shown_target(figure: Figure) -> str:
    """What is aimed at."""
    if figure.most is not None:
        return f"≤ {figure.most:g}"
    return "" if figure.least is None else f"≥ {figure.least:g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"
