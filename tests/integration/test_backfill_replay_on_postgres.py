"""Dead letters tried again on real Postgres: stored and gone at once, or kept with their reason of now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine

from tests.support.backfills import (
    ADMIN,
    CATALOGUE,
    a_line,
    counts,
    run_to_end,
    start_import,
    start_replay,
    write_lines,
)
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from trailkeeper.models.engine import transaction
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo, Requests, Runner, replaying
from trailkeeper.worker.drain import Drainer

OURS = """
[events."shop:order:add"]
scope = "user"
sentence = "{actor} ordered"
"""


@pytest.fixture
def runner(redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Runner]:
    """One that knows an event type which the drain did not know yet."""
    (tmp_path / "shop.toml").write_text(OURS)
    runner = Runner(settings_for(redis_url, database_url, catalogue=(str(tmp_path / "shop.toml"),)))
    yield runner
    runner.close()


@pytest.fixture
def drain(redis_url: str, database_url: str) -> Iterator[Drainer]:
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    yield drainer
    drainer.close()


def letters(database_url: str) -> list[tuple[str, str]]:
    rows = query(database_url, "SELECT reason, detail FROM dead_letters ORDER BY id")
    return [(row["reason"], row["detail"]) for row in rows]


def test_what_can_be_stored_now_is_and_its_letter_is_gone(
    client: redis.Redis, runner: Runner, drain: Drainer, database_url: str
) -> None:
    orders = [an_event(tag="shop:order:add") for _ in range(5)]
    put(client, *orders, b"no event")
    drain.run(20)

    done = run_to_end(runner, start_replay(runner.engine))

    assert counts(done) == ("finished", 6, 5, 0, 1)
    assert {event.id for event in orders} <= set(stored_ids(database_url))
    assert [reason for reason, _ in letters(database_url)] == ["not_json"]


def test_only_those_asked_for_are_tried(
    client: redis.Redis, runner: Runner, drain: Drainer, database_url: str
) -> None:
    put(client, *(an_event(tag="shop:order:add") for _ in range(3)), b"no event")
    drain.run(20)
    [first, *_] = query(database_url, "SELECT id FROM dead_letters WHERE reason = 'unknown_tag' ORDER BY id")

    by_id = run_to_end(runner, start_replay(runner.engine, ids=[first["id"]]))
    by_reason = run_to_end(runner, start_replay(runner.engine, reasons=["not_json"]))
    by_other_reason = run_to_end(runner, start_replay(runner.engine, reasons=["unknown_tag"]))

    assert counts(by_id) == ("finished", 1, 1, 0, 0)
    assert counts(by_reason) == ("finished", 1, 0, 0, 1)
    assert counts(by_other_reason) == ("finished", 2, 2, 0, 0)


def test_what_is_stored_already_only_loses_its_letter(
    client: redis.Redis, runner: Runner, drain: Drainer, database_url: str
) -> None:
    event = an_event()
    put(client, event, encode(event).replace(b"account:login:success", b"account:login:gone"))
    drain.run(20)
    query(database_url, "UPDATE dead_letters SET raw = :raw", raw=encode(event))

    assert counts(run_to_end(runner, start_replay(runner.engine))) == ("finished", 1, 0, 1, 0)
    assert letters(database_url) == []
    assert stored_ids(database_url).count(event.id) == 1


def test_what_was_quarantined_is_judged_by_what_it_says_now(
    client: redis.Redis, runner: Runner, drain: Drainer, database_url: str
) -> None:
    event = an_event(tag="shop:order:add")
    client.xadd(STREAM, {"e": encode(event), "invalid": b'{"problem": "no event type"}'})
    client.xadd(STREAM, {"e": b'{"tag": 7}', "invalid": b'{"problem": "tag is 7"}'})
    drain.run(20)
    assert {reason for reason, _ in letters(database_url)} == {"quarantined"}

    for changed, rejected in ((1, 1), (0, 1)):
        done = run_to_end(runner, start_replay(runner.engine))
        assert (done.changed, done.rejected) == (changed, rejected)
        assert [reason for reason, _ in letters(database_url)] == ["wrong_shape"]
    assert event.id in stored_ids(database_url)


def test_bad_lines_of_an_import_are_read_as_lines_again(
    runner: Runner, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    short = a_line(1, tag="shop:order:add")
    path = write_lines(tmp_path / "f", [a_line(), short, short, "bad"])
    importer = Runner(settings_for(redis_url, database_url))
    run_to_end(importer, start_import(importer.engine, path).id)
    importer.close()

    done = run_to_end(runner, start_replay(runner.engine))

    assert counts(done) == ("finished", 3, 2, 0, 1)
    assert counts(run_to_end(runner, start_import(runner.engine, path).id)) == ("finished", 4, 0, 3, 1)


@pytest.mark.parametrize("statement", ["take", "remove", "judge_anew"])
def test_a_death_anywhere_neither_loses_nor_doubles(  # noqa: PLR0917 - fixtures
    statement: str,
    client: redis.Redis,
    runner: Runner,
    drain: Drainer,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(client, *(an_event(tag="shop:order:add") for _ in range(4)), b"no event")
    drain.run(20)
    identity = start_replay(runner.engine)
    real, deaths = getattr(replaying, statement), iter([KeyboardInterrupt])

    def dying(*arguments: Any) -> Any:
        result = real(*arguments)
        for death in deaths:
            raise death
        return result

    monkeypatch.setattr(replaying, statement, dying)
    with pytest.raises(KeyboardInterrupt):
        runner.step(identity)

    assert len(letters(database_url)) == 5
    assert counts(run_to_end(runner, identity)) == ("finished", 5, 4, 0, 1)
    assert len(letters(database_url)) == 1


def test_letters_that_come_meanwhile_are_left_for_the_next_time(
    client: redis.Redis, runner: Runner, drain: Drainer, database_url: str
) -> None:
    put(client, b"one")
    drain.run(20)
    identity = start_replay(runner.engine)
    put(client, b"two")
    drain.run(20)

    assert run_to_end(runner, identity).seen == 1


def test_nothing_to_replay_is_said(engine: Engine) -> None:
    with pytest.raises(NothingToDo, match="there are no dead letters of the reason not_json"):
        start_replay(engine, reasons=["not_json"])
    with pytest.raises(NothingToDo, match="no dead letter has the id 7"):
        start_replay(engine, ids=[7])


def test_discarding_needs_a_reason_and_is_an_event(
    client: redis.Redis, engine: Engine, drain: Drainer, database_url: str
) -> None:
    put(client, b"one", b"two", b"three")
    drain.run(20)
    ids = [row["id"] for row in query(database_url, "SELECT id FROM dead_letters ORDER BY id")]

    for wrong, reason, error in ((ids[:1], "  ", InvalidRequest), ([*ids, 999], "rubbish", NothingToDo)):
        with transaction(engine) as connection, pytest.raises(error):
            Requests(connection, CATALOGUE, ADMIN).discard(wrong, reason)
    assert len(letters(database_url)) == 3
    with transaction(engine) as connection:
        assert Requests(connection, CATALOGUE, ADMIN).discard(ids[:2], "rubbish") == 2

    [event] = query(database_url, "SELECT tag, actor_name, additional FROM events WHERE scope = 'system'")
    assert len(letters(database_url)) == 1
    assert (event["tag"], event["actor_name"]) == ("admin:dead_letters:discard", ADMIN)
    assert event["additional"] == {"count": 2, "reason": "rubbish", "filters": {"ids": ids[:2]}}
