"""Ranges of numbers behave as the plain sets they stand for."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.counting.ranges import (
    Ranges,
    format_ranges,
    from_text,
    missing,
    ranges_of,
    size,
    to_text,
    union,
    within,
    without,
)

numbers = st.lists(st.integers(1, 60), max_size=60)


def as_set(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def is_tidy(ranges: Ranges) -> bool:
    bounds = [bound for found in ranges for bound in found]
    return bounds == sorted(bounds) and all(before[1] + 1 < after[0] for before, after in pairwise(ranges))


@given(numbers)
def test_numbers_in_any_order_become_the_ranges_of_their_set(given_numbers: list[int]) -> None:
    found = ranges_of(given_numbers)
    assert as_set(found) == set(given_numbers)
    assert size(found) == len(set(given_numbers))
    assert is_tidy(found)


@given(numbers, st.integers(0, 70), st.integers(1, 10))
def test_what_is_missing_is_what_a_set_lacks(given_numbers: list[int], upto: int, first: int) -> None:
    found = missing(ranges_of(given_numbers), upto, first)
    assert as_set(found) == set(range(first, upto + 1)) - set(given_numbers)
    assert is_tidy(found)


@given(numbers, numbers)
def test_union_difference_and_intersection_are_those_of_sets(some: list[int], others: list[int]) -> None:
    first, second = ranges_of(some), ranges_of(others)
    assert as_set(union(first, second)) == set(some) | set(others)
    assert as_set(without(first, second)) == set(some) - set(others)
    assert as_set(within(first, second)) == set(some) & set(others)
    assert all(map(is_tidy, (union(first, second), without(first, second), within(first, second))))


def test_what_two_sets_share_is_found_in_one_pass_however_many_ranges_they_have() -> None:
    odd = [(number, number) for number in range(1, 400_000, 2)]
    began = time.process_time()
    assert within(odd, odd) == odd
    assert without(odd, [(1, 399_998)]) == [(399_999, 399_999)]
    assert time.process_time() - began < 5  # hours, if each range were held against all of the others


def test_ranges_are_read_as_postgres_writes_them() -> None:
    assert from_text("{[1,5),[7,8)}") == [(1, 4), (7, 7)]
    assert from_text("{}") == []
    assert to_text([(1, 4), (7, 7)]) == "{[1,4],[7,7]}"


def test_people_see_a_few_ranges_and_how_many_more_there_are() -> None:
    assert format_ranges([(3, 3), (7, 9)]) == "3, 7-9"
    assert format_ranges([(1, 1), (3, 3), (5, 9)], most=1) == "1 and 6 more"
