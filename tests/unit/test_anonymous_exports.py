"""What visitors export is counted, by the hour; a visitor cannot fill the trail with events."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from trailkeeper.producer.testing import Recorder
from trailkeeper.views.anonymous_exports import AnonymousExports

NOON = datetime(2026, 11, 15, 12, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def counted(recorder: Recorder) -> list[tuple[object, ...]]:
    keys = ("since", "about", "format", "count")
    return [tuple(event.additional[key] for key in keys) for event in recorder.events]


def test_exports_of_one_kind_and_hour_are_one_event_when_the_hour_is_over(
    trailkeeper_events: Recorder,
) -> None:
    clock = Clock()
    exports = AnonymousExports(clock)
    for about, form in [("project", "csv"), ("project", "csv"), ("project", "jsonl"), ("user", "csv")] * 100:
        exports.count(about, form)
    assert trailkeeper_events.events == []
    clock.now += timedelta(hours=1)

    exports.count("project", "csv")

    noon = "2026-11-15T12:00:00+00:00"
    assert counted(trailkeeper_events) == [
        (noon, "project", "csv", 200),
        (noon, "project", "jsonl", 100),
        (noon, "user", "csv", 100),
    ]
    for event in trailkeeper_events.events:
        assert (event.tag, event.actor.kind) == ("system:history:export", "system")
        assert (event.ip, event.user_agent) == (None, None)


def test_what_is_counted_when_the_process_ends_is_recorded_once(trailkeeper_events: Recorder) -> None:
    exports = AnonymousExports()
    exports.count("project", "csv")
    exports.record()
    exports.record()
    assert [event.additional["count"] for event in trailkeeper_events.events] == [1]


def test_threads_lose_no_count(trailkeeper_events: Recorder) -> None:
    exports = AnonymousExports(Clock())

    def count() -> None:
        for _ in range(500):
            exports.count("project", "csv")

    counting = [threading.Thread(target=count) for _ in range(8)]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    exports.record()
    assert counted(trailkeeper_events)[0][3] == 4_000
