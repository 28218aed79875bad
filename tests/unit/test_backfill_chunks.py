"""The arithmetic of chunks: where the next begins, when, and what a block or a dead letter holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.backfills import CATALOGUE, a_line
from tests.support.drains import an_event
from tests.support.judging import a_judge
from trailkeeper.models.backfills import CHANGES, STATES, Advance, EnrichFilters, StoredBackfill
from trailkeeper.models.backfills.dead_letters import DeadLetter
from trailkeeper.models.backfills.enriching import NIL
from trailkeeper.models.backfills.purged import Floors
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.lines import read_lines
from trailkeeper.producer.wire import decode, encode
from trailkeeper.worker.backfills.blocks import StagedLine, from_lines, read_block, staged, to_block
from trailkeeper.worker.backfills.dead_letters import message_of
from trailkeeper.worker.backfills.enrich import following, position
from trailkeeper.worker.backfills.importing import refusing_purged
from trailkeeper.worker.backfills.runner import LINES_SECONDS, pause
from trailkeeper.worker.ingest.judge import judge_all
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage

ID = UUID("0197f0c0-0000-7000-8000-000000000000")
LINES = st.builds(
    StagedLine,
    st.integers(1, 10**9),
    st.binary(max_size=50),
    st.none() | st.just("not_json"),
    st.none() | st.text(max_size=20),
)


def a_backfill(**values: Any) -> StoredBackfill:
    defaults: dict[str, Any] = dict.fromkeys(StoredBackfill.__dataclass_fields__)
    return StoredBackfill(**defaults | values)


def test_a_walk_goes_through_every_scope_and_ends() -> None:
    filters = EnrichFilters()
    cursor: dict[str, str] | None = None
    walked = []
    for last in (ID, None) * len(SCOPES):
        walked.append(position(filters, cursor))
        cursor = following(filters, walked[-1][0], last)

    assert walked == [(scope, after) for scope in SCOPES for after in (NIL, ID)]
    assert cursor is None


def test_a_walk_of_one_scope_ends_with_it() -> None:
    filters = EnrichFilters(scope="project")
    assert position(filters, None) == ("project", NIL)
    assert following(filters, "project", None) is None


@pytest.mark.parametrize(
    ("throttle", "seen", "spent", "seconds"),
    [(None, 5_000, 0.1, 0.0), (100, 100, 0.25, 0.75), (100, 100, 3.0, 0.0), (10, 2_000, 0.0, 200.0)],
)
def test_a_throttle_spreads_what_was_seen(
    throttle: int | None, seen: int, spent: float, seconds: float
) -> None:
    assert pause(a_backfill(throttle=throttle), Advance({"id": 2}, seen=seen), spent) == seconds


def test_an_import_that_waits_for_lines_does_not_spin() -> None:
    assert pause(a_backfill(cursor={"line": 7}), Advance({"line": 7}), 0.0) == LINES_SECONDS
    assert pause(a_backfill(cursor=None), Advance({"line": 0}), 0.0) == LINES_SECONDS
    assert pause(a_backfill(cursor={"scope": "user"}), Advance({"scope": "project"}), 0.0) == 0.0


@given(st.lists(LINES, max_size=20))
def test_a_block_comes_back_as_it_went(lines: list[StagedLine]) -> None:
    messages, rejected = from_lines(read_block(to_block(lines)))

    good = [(str(line.number), line.payload) for line in lines if line.reason is None]
    bad = [(str(line.number), line.payload, line.reason, line.detail or "") for line in lines if line.reason]
    assert [(message.stream_id, message.payload) for message in messages] == good
    assert [
        (each.message.stream_id, each.message.payload, each.reason, each.detail) for each in rejected
    ] == bad


def test_a_staged_line_is_what_the_stream_carries_with_unknown_keys_in_their_places() -> None:
    line = a_line(1, shard=3, actor={"kind": "user", "id": "u1", "mood": "good"})
    [read] = read_lines([msgspec.json.encode(line)])

    event, unknown = decode(staged(read).payload)

    assert event == read.event
    assert unknown == {"shard": 3, "actor": {"mood": "good"}}


EVENT = encode(an_event())


@pytest.mark.parametrize(
    ("raw", "payload", "problem"),
    [
        (EVENT, EVENT, None),
        (b"e=%b\ninvalid={}\n" % EVENT, EVENT, b"{}"),
        (b"e={\n}\ninvalid={}\n", b"{\n}", b"{}"),
        (b"invalid={}\ne=%b\n" % EVENT, EVENT, None),
        (b"\xff rubbish", b"\xff rubbish", None),
        (b"other=field\n", b"other=field\n", None),
    ],
)
def test_a_letter_comes_again_as_its_event(raw: bytes, payload: bytes, problem: bytes | None) -> None:
    message = message_of(DeadLetter(7, "trailkeeper:events", "1-1", "not_json", "", raw, b"web:ab"))

    assert (message.stream_id, message.payload, message.problem) == ("7", payload, problem)
    assert message.fields == {b"e": payload, b"s": b"web:ab"}


def test_only_the_purged_part_of_an_import_is_kept_out() -> None:
    moments = [datetime(year, 1, 1, tzinfo=UTC) for year in (2019, 2020, 2021)]
    messages = [IncomingMessage(str(moment.year), encode(an_event(moment)), None, {}) for moment in moments]
    judge = a_judge(CATALOGUE).judge

    by_scope = judge_all(messages, refusing_purged(judge, {("user", None): moments[1]}), datetime.now(UTC))
    other_rule: Floors = {("user", "account:login:failure"): moments[2]}
    by_other_rule = judge_all(messages, refusing_purged(judge, other_rule), datetime.now(UTC))

    assert [each.message.stream_id for each in by_scope[0]] == ["2020", "2021"]
    assert [(each.message.stream_id, each.reason) for each in by_scope[1]] == [("2019", "expired")]
    assert by_other_rule == judge_all(messages, judge, datetime.now(UTC))


@pytest.mark.parametrize(("drift_ms", "kept"), [(-2, False), (-1, False), (0, True), (1, True), (2, True)])
def test_what_is_purged_is_told_by_the_id_as_purges_tell_it(drift_ms: int, kept: bool) -> None:
    purged_before = datetime(2020, 1, 1, tzinfo=UTC)
    event = an_event(purged_before, id=uuid7(purged_before + timedelta(milliseconds=drift_ms)))
    judge = refusing_purged(a_judge(CATALOGUE).judge, {("user", None): purged_before})

    verdict = judge(IncomingMessage("1", encode(event), None, {}), datetime.now(UTC))

    assert isinstance(verdict, Accepted) == kept


def test_every_state_that_an_action_leads_to_or_from_is_one() -> None:
    for states, becomes in CHANGES.values():
        assert {*states, becomes} <= set(STATES)
    assert {state for states, _ in CHANGES.values() for state in states} == {"running", "paused", "failed"}
