"""Imports on real Postgres: each line stored once, whatever dies, and however often the file is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

import trailkeeper.worker.backfills.runner as running
from tests.support.backfills import (
    ADMIN,
    CATALOGUE,
    a_line,
    counts,
    look_at_nothing_ahead,
    run_to_end,
    standing,
    start_import,
    start_replay,
    write_lines,
)
from tests.support.drains import query, settings_for
from tests.support.rows import store_in
from trailkeeper.models.backfills.staging import TakenInElsewhere
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow, Purge
from trailkeeper.producer.lines import read_lines
from trailkeeper.worker.backfills import Requests, Runner, importing
from trailkeeper.worker.backfills import staging as taking
from trailkeeper.worker.backfills.event_file import opened
from trailkeeper.worker.backfills.stalled import stalled_backfills


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "LINES", 100)


@pytest.fixture
def runner(redis_url: str, database_url: str) -> Iterator[Runner]:
    runner = Runner(settings_for(redis_url, database_url))
    yield runner
    runner.close()


def imported(database_url: str) -> list[Any]:
    return query(
        database_url,
        "SELECT e.*, c.display FROM events e LEFT JOIN clients c ON c.id = client_id"
        " WHERE imported_by IS NOT NULL ORDER BY e.id",
    )


def test_lines_become_events_of_their_time_with_derivations_and_where_they_came_from(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "old.jsonl", [a_line(number) for number in range(250)])

    job = start_import(runner.engine, path)
    done = run_to_end(runner, job.id)

    rows = imported(database_url)
    assert counts(done) == ("finished", 250, 250, 0, 0)
    assert (done.estimate, done.lines, done.file, done.requested_by) == (250, 250, "old.jsonl", ADMIN)
    assert len({row["id"] for row in rows}) == 250
    assert rows[0]["occurred_at"] == datetime(2019, 3, 1, 9, tzinfo=UTC)
    assert {row["imported_by"] for row in rows} == {job.id}
    assert {row["display"] for row in rows} == {"twine (CPython)"}
    assert query(database_url, "SELECT * FROM backfill_blocks") == []


def test_a_task_does_chunks_for_its_time_and_leaves_the_rest_to_the_next(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    job = start_import(runner.engine, write_lines(tmp_path / "f", [a_line(number) for number in range(250)]))

    first = runner.run(job.id, 0)
    assert (first.state, first.mine, len(imported(database_url))) == ("running", True, 100)

    assert runner.run(job.id, 60).state == "finished"
    assert len(imported(database_url)) == 250


def test_a_task_ends_at_once_where_a_throttle_lets_the_next_chunk_wait(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "f", [a_line(number) for number in range(250)])
    job = start_import(runner.engine, path, throttle=10)

    step = runner.run(job.id, 60)

    assert (step.state, step.mine, len(imported(database_url))) == ("running", True, 100)
    assert step.seconds > 5


def test_a_second_import_of_a_file_stores_nothing(runner: Runner, database_url: str, tmp_path: Path) -> None:
    lines = [a_line(number) for number in range(150)] + [a_line(7), a_line(7)]
    path = write_lines(tmp_path / "old.jsonl", [*lines, "no event"])
    first = run_to_end(runner, start_import(runner.engine, path).id)

    second = run_to_end(runner, start_import(runner.engine, path).id)

    assert counts(first) == ("finished", 153, 152, 0, 1)
    assert counts(second) == ("finished", 153, 0, 152, 1)
    assert second.id != first.id
    assert {row["imported_by"] for row in imported(database_url)} == {first.id}
    assert query(database_url, "SELECT count(*) AS n FROM dead_letters")[0]["n"] == 1


def test_bad_lines_are_kept_with_their_numbers_and_reasons_and_stop_nobody(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    bad: list[Any] = [
        "",
        "not json",
        {"tag": 7},
        a_line(1, tag="no:such:tag"),
        a_line(2, ip="here"),
        a_line(3, user=7.5),
    ]
    lines = [a_line(number) for number in range(20)]
    path = write_lines(tmp_path / "mixed.jsonl", [*lines[:10], *bad, *lines[10:]])

    done = run_to_end(runner, start_import(runner.engine, path).id)

    letters = query(database_url, "SELECT stream, stream_id, reason FROM dead_letters ORDER BY id")
    assert counts(done) == ("finished", 25, 20, 0, 5)
    assert sorted((int(letter["stream_id"]), letter["reason"]) for letter in letters) == [
        (12, "not_json"),
        (13, "wrong_shape"),
        (14, "unknown_tag"),
        (15, "bad_address"),
        (16, "wrong_shape"),
    ]
    assert {letter["stream"] for letter in letters} == {f"import:{(done.digest or b'').hex()[:16]}"}


def test_a_row_that_postgres_refuses_is_found_and_the_rest_of_its_block_is_stored(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    query(database_url, "ALTER TABLE events ADD CONSTRAINT no_bad CHECK (user_id <> 'bad')")
    lines = [a_line(number, user="bad" if number == 41 else "good") for number in range(100)]

    done = run_to_end(runner, start_import(runner.engine, write_lines(tmp_path / "f", lines)).id)

    [letter] = query(database_url, "SELECT reason, stream_id FROM dead_letters")
    assert counts(done) == ("finished", 100, 99, 0, 1)
    assert (letter["reason"], letter["stream_id"]) == ("refused_row", "42")


def test_keys_of_a_newer_producer_are_kept(runner: Runner, database_url: str, tmp_path: Path) -> None:
    line = a_line(1, shard=3, actor={"kind": "user", "id": "u1", "mood": "good"})

    run_to_end(runner, start_import(runner.engine, write_lines(tmp_path / "f", [line])).id)

    [row] = imported(database_url)
    assert row["extras"] == {"shard": 3, "actor": {"mood": "good"}}


STATEMENTS = ("is_complete", "next_block", "floors", "write", "remove")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_chunk_that_dies_anywhere_leaves_nothing_behind_and_is_done_again(
    statement: str, runner: Runner, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_nothing_ahead(monkeypatch)
    path = write_lines(tmp_path / "f", [*(a_line(number) for number in range(150)), "bad"])
    job = start_import(runner.engine, path)
    runner.step(job.id)
    real, deaths = getattr(importing, statement), iter([KeyboardInterrupt, KeyboardInterrupt])

    def dying(*arguments: Any, **options: Any) -> Any:
        result = real(*arguments, **options)
        for death in deaths:
            raise death
        return result

    monkeypatch.setattr(importing, statement, dying)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            runner.step(job.id)
        assert len(imported(database_url)) == 100
        assert standing(runner.engine, job.id).seen == 100

    assert counts(run_to_end(runner, job.id)) == ("finished", 151, 150, 0, 1)


def test_a_chunk_that_dies_after_its_last_statement_is_done_again(
    runner: Runner, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_import(runner.engine, write_lines(tmp_path / "f", [a_line(number) for number in range(150)]))
    real: Any = vars(running)["advance"]

    def dying(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "advance", dying)
    with pytest.raises(KeyboardInterrupt):
        runner.step(job.id)
    monkeypatch.setattr(running, "advance", real)

    assert imported(database_url) == []
    assert counts(run_to_end(runner, job.id)) == ("finished", 150, 150, 0, 0)


def test_a_command_that_dies_while_it_reads_goes_on_where_it_was_when_it_is_run_again(
    runner: Runner, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lines(tmp_path / "f", [*(a_line(number) for number in range(450)), a_line(5)])
    real: Any = vars(taking)["take_in"]
    blocks: list[int] = []

    def dying(*arguments: Any, **options: Any) -> None:
        if len(blocks) == 3:
            raise KeyboardInterrupt
        blocks.append(1)
        real(*arguments, **options)

    monkeypatch.setattr(taking, "take_in", dying)
    with pytest.raises(KeyboardInterrupt):
        start_import(runner.engine, path)
    monkeypatch.setattr(taking, "take_in", real)
    [left] = query(database_url, "SELECT id FROM backfills")
    half = run_to_end_of_what_is_there(runner, left["id"])

    again = start_import(runner.engine, path)

    assert (half.state, half.seen, again.id, again.lines) == ("running", 300, left["id"], 300)
    assert counts(run_to_end(runner, again.id)) == ("finished", 451, 451, 0, 0)
    assert len(imported(database_url)) == 451


def run_to_end_of_what_is_there(runner: Runner, identity: int) -> Any:
    while runner.step(identity).seen:
        pass
    return standing(runner.engine, identity)


def test_an_import_whose_command_is_gone_is_paused_and_says_what_to_do(
    runner: Runner, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "f", [a_line()])
    with opened(str(path)) as source, transaction(runner.engine) as connection:
        job = Requests(connection, CATALOGUE, ADMIN).take_file(source.name, source.digest)
    query(database_url, "UPDATE backfill_files SET read_at = now() - interval '2 minutes'")

    stalled_backfills(settings_for(redis_url, database_url))

    found = standing(runner.engine, job.id)
    assert (found.state, "run it again" in (found.detail or "")) == ("paused", True)
    assert counts(run_to_end(runner, start_import(runner.engine, path).id)) == ("finished", 1, 1, 0, 0)


def test_two_commands_that_read_the_same_file_do_not_mix_their_blocks(runner: Runner, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "f", [a_line(number) for number in range(150)])
    with opened(str(path)) as source:
        with transaction(runner.engine) as connection:
            job = Requests(connection, CATALOGUE, ADMIN).take_file(source.name, source.digest)
        taking.stage_file(runner.engine, source, job)
        with pytest.raises(TakenInElsewhere):
            taking.stage_file(runner.engine, source, job)

    assert counts(run_to_end(runner, job.id)) == ("finished", 150, 150, 0, 0)


def test_a_cancelled_import_drops_its_lines_and_takes_no_more(
    runner: Runner, database_url: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "f", [a_line(number) for number in range(250)])
    job = start_import(runner.engine, path)
    runner.step(job.id)

    with transaction(runner.engine) as connection:
        Requests(connection, CATALOGUE, ADMIN).change(job.id, "cancel")

    assert runner.step(job.id).state == "cancelled"
    assert len(imported(database_url)) == 100
    assert query(database_url, "SELECT * FROM backfill_blocks") == []
    with opened(str(path)) as source, pytest.raises(TakenInElsewhere):
        taking.stage_file(runner.engine, source, standing(runner.engine, job.id))


def test_what_was_purged_is_not_brought_back(runner: Runner, database_url: str, tmp_path: Path) -> None:
    before = datetime(2019, 3, 1, 10, tzinfo=UTC)
    purge = {"scope": "user", "retention_days": 365, "started_at": before, "before": before}
    with transaction(runner.engine) as connection:
        connection.execute(insert(Purge).values(**purge, partitions=1, events=9))
    lines = [a_line(number) for number in range(100)] + [
        a_line(0, tag="project:create", user=None, project="p")
    ]

    done = run_to_end(runner, start_import(runner.engine, write_lines(tmp_path / "f", lines)).id)

    assert counts(done) == ("finished", 101, 41, 0, 60)
    assert min(row["occurred_at"] for row in imported(database_url) if row["scope"] == "user") == before
    [letter] = query(database_url, "SELECT DISTINCT reason, detail FROM dead_letters")
    assert (letter["reason"], "before 2019-03-01T10:00:00" in letter["detail"]) == ("expired", True)


def test_who_asked_and_how_it_ended_are_events(runner: Runner, database_url: str, tmp_path: Path) -> None:
    job = start_import(runner.engine, write_lines(tmp_path / "f", [a_line()]))
    run_to_end(runner, job.id)

    events = query(
        database_url,
        "SELECT tag, actor_kind, actor_id, additional FROM events WHERE scope = 'system' ORDER BY id",
    )
    assert [(event["tag"], event["actor_kind"], event["actor_id"]) for event in events] == [
        ("admin:backfill:start", "staff", ADMIN),
        ("system:backfill:finish", "system", None),
    ]
    assert events[0]["additional"] == {"backfill_id": str(job.id), "kind": "import", "filters": {"file": "f"}}
    assert events[1]["additional"] == {
        "backfill_id": str(job.id),
        "kind": "import",
        "state": "finished",
        "events": 1,
    }


def test_the_id_of_an_imported_line_tells_nothing_of_what_is_hidden_in_it(
    runner: Runner, tmp_path: Path, database_url: str
) -> None:
    """Ids are public where events are: who knows all but the address could try every address."""
    line = a_line(tag="project:create", project="p1", user=None)
    path = write_lines(tmp_path / "lines.jsonl", [line])
    run_to_end(runner, start_import(runner.engine, path).id)

    [stored] = [row["id"] for row in query(database_url, "SELECT id FROM events WHERE project_id = 'p1'")]
    guessed = [next(read_lines([json.dumps(line).encode()], key=key)) for key in (b"", bytes(32))]
    assert stored not in {found.event.id for found in guessed if found.event}


def test_a_line_that_is_replayed_has_the_id_that_importing_it_again_would_give(
    runner: Runner, tmp_path: Path, database_url: str
) -> None:
    line = a_line(tag="project:create", project="p1", user=None)
    path = write_lines(tmp_path / "lines.jsonl", [line])
    run_to_end(runner, start_import(runner.engine, path).id)
    about = {"stream": f"import:{'0' * 16}", "stream_id": "1", "digest": bytes(16), "reason": "unknown_tag"}
    store_in(runner.engine, DeadLetterRow, **about, detail="", deliveries=1, raw=json.dumps(line).encode())

    run_to_end(runner, start_replay(runner.engine))

    assert len(query(database_url, "SELECT id FROM events WHERE project_id = 'p1'")) == 1
    assert query(database_url, "SELECT id FROM dead_letters") == []
