"""A visitor who exports as often as can be, from everywhere and as every agent, leaves few rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.drains import query, settings_for
from trailkeeper import Emitter, ProducerSettings, RequestContext
from trailkeeper.models.histories import Question
from trailkeeper.producer.process import swap
from trailkeeper.views import access_events
from trailkeeper.views.access_events import record_export
from trailkeeper.views.anonymous_exports import AnonymousExports
from trailkeeper.views.viewer import ANYBODY, Viewer
from trailkeeper.worker.drain import Drainer

EXPORTS = 10_000
OF_PROJECT = Question(about="project", id="p1")


@pytest.fixture
def anonymous(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnonymousExports]:
    """The counts of this process, which emits to Redis."""
    emitter = Emitter(ProducerSettings(redis_url=redis_url, spool="off"))
    before = swap(emitter)
    exports = AnonymousExports()
    monkeypatch.setattr(access_events, "_anonymous", exports)
    yield exports
    swap(before)
    emitter.close()


def test_ten_thousand_exports_by_nobody_are_a_few_rows_and_no_clients(
    anonymous: AnonymousExports, redis_url: str, database_url: str
) -> None:
    for number in range(EXPORTS):
        place = f"203.0.{number // 250}.{number % 250}"
        request = RequestContext(ip=place, user_agent=f"Agent/{number}")
        question = Question(about="project", id=f"p{number}", text=f"text {number}")
        record_export(ANYBODY, question, "csv" if number % 2 else "jsonl", request=request)
    signed_in = RequestContext(ip="198.51.100.7", user_agent="Mozilla/5.0")
    record_export(Viewer(user_id="u1"), OF_PROJECT, "csv", request=signed_in)
    anonymous.record()
    drainer = Drainer(settings_for(redis_url, database_url), "test/1")
    drainer.run(20)
    drainer.close()

    rows = query(database_url, "SELECT tag, actor_kind, ip, additional FROM events ORDER BY id")
    counts = [row["additional"]["count"] for row in rows if row["tag"] == "system:history:export"]
    assert sum(counts) == EXPORTS
    assert len(counts) <= 4  # of two formats, and of two hours where one ended meanwhile
    [own] = [row for row in rows if row["tag"] == "admin:history:export"]
    assert (own["actor_kind"], own["ip"]) == ("user", "198.51.100.7")
    assert query(database_url, "SELECT user_agent FROM clients WHERE user_agent <> ''") == [
        {"user_agent": "Mozilla/5.0"}
    ]
