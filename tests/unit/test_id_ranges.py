"""A history is cut into id_ranges that leave nothing out and overlap nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.histories import Question
from trailkeeper.models.histories.id_ranges import IdRange, id_ranges, merged
from trailkeeper.models.partitions import id_floor
from trailkeeper.models.periods import EPOCH

NOW = datetime.now(UTC)
ids = st.one_of(
    st.uuids(),
    st.integers(0, 2_900_000).map(lambda days: id_floor(EPOCH + timedelta(days=days))),
    st.integers(-2_000, 100).map(lambda days: id_floor(NOW + timedelta(days=days))),
    st.sampled_from([UUID(int=0), UUID(int=(1 << 128) - 1)]),
)
moments = st.none() | st.integers(-2_000, 100).map(lambda days: NOW + timedelta(days=days))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    since, until = draw(moments), draw(moments)
    if since and until and until < since:
        since, until = until, since
    return Question(since=since, until=until)


def holds(stretch: IdRange, identity: UUID) -> bool:
    above = stretch.low is None or identity >= stretch.low
    return above and (stretch.high is None or identity < stretch.high)


@given(question=questions(), before=st.none() | ids, identity=ids)
def test_every_id_before_a_cursor_lies_in_one_stretch(
    question: Question, before: UUID | None, identity: UUID
) -> None:
    found = id_ranges(question, before, None)
    assert sum(holds(stretch, identity) for stretch in found) == 1


@given(question=questions(), after=ids, identity=ids)
def test_every_id_after_a_cursor_lies_in_one_stretch(question: Question, after: UUID, identity: UUID) -> None:
    found = id_ranges(question, None, after)
    assert sum(holds(stretch, identity) for stretch in found) == 1


@given(question=questions(), cursor=ids)
def test_id_ranges_follow_each_other_in_the_order_in_which_is_read(question: Question, cursor: UUID) -> None:
    back, on = id_ranges(question, cursor, None), id_ranges(question, None, cursor)
    assert [stretch.low for stretch in back[:-1]] == [stretch.high for stretch in back[1:]]
    assert [stretch.high for stretch in on[:-1]] == [stretch.low for stretch in on[1:]]
    assert [stretch.is_short for stretch in back] == [True] + [False] * (len(back) - 1)


@given(question=questions(), cursor=ids, identity=ids)
def test_what_is_joined_holds_what_its_parts_held(question: Question, cursor: UUID, identity: UUID) -> None:
    for found in (id_ranges(question, cursor, None), id_ranges(question, None, cursor)):
        for first in range(len(found)):
            parts = found[first:]
            assert holds(merged(parts), identity) == any(holds(part, identity) for part in parts)


def test_where_events_end_the_newest_stretch_ends() -> None:
    end = id_floor(NOW + timedelta(days=40))
    assert id_ranges(Question(), None, None, end)[0].high == end
    assert id_ranges(Question(), None, id_floor(NOW), end)[-1].high == end


def test_a_stretch_that_is_read_first_begins_with_the_month_of_a_week_before() -> None:
    cursor = id_floor(datetime(2025, 5, 20, tzinfo=UTC))
    assert id_ranges(Question(), cursor, None)[0].low == id_floor(datetime(2025, 5, 1, tzinfo=UTC))
    early = id_floor(datetime(2025, 5, 3, tzinfo=UTC))
    assert id_ranges(Question(), early, None)[0].low == id_floor(datetime(2025, 4, 1, tzinfo=UTC))


def test_times_that_are_asked_for_leave_out_stretches_beyond_them() -> None:
    cursor = id_floor(datetime(2025, 5, 20, tzinfo=UTC))
    question = Question(since=datetime(2025, 5, 15, tzinfo=UTC))
    assert id_ranges(question, cursor, None) == [IdRange(None, None, is_short=True)]
