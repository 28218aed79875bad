"""Lines that are read the short way are read as the long way reads them, ids and errors alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer import lines as long_way
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.lines import EventLine, read_lines
from trailkeeper.producer.wire import decode
from trailkeeper.worker.backfills.blocks import staged

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)

words = st.sampled_from(("root", "", "a\tb", 'a "b"', "\N{RIGHT-TO-LEFT OVERRIDE}x", "ü", "x" * 300, "\0", 7))
subjects = st.one_of(
    st.none(), words, st.fixed_dictionaries({"id": words}, optional={"name": words, "new": words})
)
actors = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(("user", "nobody"))},
        optional={"id": words, "on_behalf_of": subjects, "credential": subjects},
    ),
)
moments = st.sampled_from(
    (
        "2026-11-15T12:00:00Z",
        "2026-11-15T14:00:00.1234567+02:00",
        "2026-11-15T12:00:00",
        "2027-01-01T00:00:00Z",
        "1999-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "noon",
        None,
    )
)
values = st.one_of(words, st.integers(), st.floats(), st.lists(words, max_size=2))
found = st.fixed_dictionaries(
    {
        "tag": st.sampled_from(("a:b", "a:b", 7)),
        "occurred_at": st.one_of(st.just("2026-11-15T12:00:00Z"), moments),
    },
    optional={
        "v": st.sampled_from((1, 2)),
        "id": st.sampled_from((str(uuid7(NOON)), str(uuid7(NOON + timedelta(hours=1))), "7", None)),
        "user": subjects,
        "project": subjects,
        "actor": actors,
        "ip": st.sampled_from(("192.0.2.1", "2001:db8::1", "nowhere", None)),
        "user_agent": st.one_of(words, st.just("x" * 2_000)),
        "request_id": words,
        "additional": st.one_of(st.none(), st.dictionaries(st.sampled_from(("a", "b")), values, max_size=2)),
        "unknown": words,
    },
)
spaced = st.sampled_from((b"%b", b" %b ", b"%b\r", b"%b}", b"[%b]"))


def read(lines: list[bytes]) -> list[EventLine]:
    return list(read_lines([line + b"\n" for line in lines], now=NOW))


def told(lines: list[EventLine]) -> list[Any]:
    """All of it, errors as what they say."""
    return [(*line[:4], line.error and (line.error.reason, line.error.detail)) for line in lines]


@given(st.lists(st.tuples(found, spaced), min_size=1, max_size=5))
def test_both_ways_find_the_same(given_lines: list[tuple[dict[str, Any], bytes]]) -> None:
    lines = [form % msgspec.json.encode(value) for value, form in given_lines] * 2
    short = read(lines)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(long_way, "plain_event", lambda *_: None)
        patched.setattr(long_way, "plain_without_id", lambda *_: None)
        assert told(short) == told(read(lines))
    for line in short:
        if line.event is not None:
            assert decode(staged(line).payload, now=NOW) == (line.event, line.unknown)


def test_a_line_as_the_stream_carries_it_waits_as_it_is() -> None:
    raw = b'{"id": "%b", "tag": "a:b", "occurred_at": "2026-11-15T12:00:00Z"}' % str(uuid7(NOON)).encode()
    [line] = read([raw])
    assert line.is_whole
    assert staged(line).payload == raw


@pytest.mark.parametrize("wrong", [b"7", b'"7"', b"null"])
def test_of_two_ids_the_last_counts(wrong: bytes) -> None:
    raw = b'{"id": "%b", "tag": "a:b", "occurred_at": "2026-11-15T12:00:00Z", "id": %b}'
    [line] = read([raw % (str(uuid7(NOON)).encode(), wrong)])
    assert not line.is_whole
    assert (line.event is None) == (wrong != b"null")
