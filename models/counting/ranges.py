"""Sets of numbers as sorted, disjoint ranges, and as Postgres' multiranges."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TypeAlias

Ranges: TypeAlias = list[tuple[int, int]]
"""First and last of each range, both included; neighbouring ranges do not touch."""


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Ranges from numbers in any order, duplicates allowed."""
    ordered = sorted(numbers)
    if not ordered:
        return []
    ranges: Ranges = []
    begin = last = ordered[0]
    for number in ordered:  # runs for every event stored
        if number > last + 1:
            ranges.append((begin, last))
            begin = number
        last = number
    ranges.append((begin, last))
    return ranges


def union(*sets: Ranges) -> Ranges:
    """What is in any of them."""
    return _joined(sorted(part for ranges in sets for part in ranges))


def missing(known: Ranges, upto: int, first: int = 1) -> Ranges:
    """What of *first* to *upto* is not known."""
    return without([(first, upto)], known) if first <= upto else []


def without(ranges: Ranges, others: Ranges) -> Ranges:
    """What is in the first and not in the second, in one pass: whoever may write may make very many."""
    left: Ranges = []
    place = 0
    for begin, end in ranges:
        place = bisect_left(others, begin, lo=place, key=_end)
        first = begin
        while place < len(others) and others[place][0] <= end:
            if others[place][0] > first:
                left.append((first, others[place][0] - 1))
            first = others[place][1] + 1
            if first > end:
                break  # it may reach into the next range
            place += 1
        if first <= end:
            left.append((first, end))
    return left


def within(ranges: Ranges, others: Ranges) -> Ranges:
    """What is in both."""
    return without(ranges, without(ranges, others))


def size(ranges: Ranges) -> int:
    """How many numbers."""
    return sum(end - begin + 1 for begin, end in ranges)


def to_text(ranges: Ranges) -> str:
    """As Postgres reads an int4multirange."""
    return "{" + ",".join([f"[{begin},{end}]" for begin, end in ranges]) + "}"


def from_text(text: str) -> Ranges:
    """From how Postgres writes an int4multirange: ``{[1,5),[7,8)}``."""
    bounds = text.strip("{}").replace("[", "").replace(")", "").split(",")
    numbers = [int(bound) for bound in bounds if bound]
    return [(begin, end - 1) for begin, end in zip(numbers[::2], numbers[1::2], strict=True)]


def format_ranges(ranges: Ranges, most: int = 20) -> str:
    """Ranges for people to read: ``3, 7-9 and 4 more``."""
    parts = [f"{begin}" if begin == end else f"{begin}-{end}" for begin, end in ranges[:most]]
    more = size(ranges[most:])
    return ", ".join(parts) + (f" and {more:,} more" if more else "")


def _end(part: tuple[int, int]) -> int:
    return part[1]


def _joined(ordered: Iterable[tuple[int, int]]) -> Ranges:
    joined: Ranges = []
    for begin, end in ordered:
        if joined and begin <= joined[-1][1] + 1:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
