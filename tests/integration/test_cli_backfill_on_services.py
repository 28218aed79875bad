"""The commands of backfills against real servers: what they change, what they only show, what they refuse."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.backfills import a_line, write_lines
from tests.support.command import Outcome, call, is_one_line
from tests.support.drains import an_event, put, query, settings_for, stored_ids
from trailkeeper.worker.backfills import event_file
from trailkeeper.worker.backfills.packing import zstd
from trailkeeper.worker.drain import Drainer

Call = Callable[..., Outcome]


@pytest.fixture
def trailkeeper(
    redis_url: str, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Call:
    def run(*arguments: str, **variables: str) -> Outcome:
        servers = {"REDIS_URL": redis_url, "DATABASE_URL": database_url}
        return call(capsys, monkeypatch, *arguments, **(servers | variables))

    return run


def lines_of(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.out.splitlines()]


def nothing_changed(database_url: str) -> bool:
    tables = ("backfills", "backfill_files", "backfill_blocks", "events", "dead_letters")
    return all(query(database_url, f"SELECT * FROM {table} LIMIT 1") == [] for table in tables)


def test_a_file_is_imported_here_and_again_without_effect(
    trailkeeper: Call, database_url: str, tmp_path: Path
) -> None:
    path = str(write_lines(tmp_path / "f", [*(a_line(number) for number in range(40)), "bad"]))

    first = trailkeeper("backfill", "import", "--yes", path, "--here", "--json", "--by", "ada")
    again = trailkeeper("backfill", "import", "--yes", path, "--here")

    ended = lines_of(first)[-1]
    assert (first.code, ended["state"], ended["changed"], ended["rejected"]) == (0, "finished", 40, 1)
    assert again.code == 0
    assert "backfill 2 is finished: 41 seen, 0 stored, 40 as they were, 1 rejected" in again.err
    shown = trailkeeper("backfill", "show", "1")
    assert "41  not_json" in shown.out
    [listed_second, listed] = lines_of(trailkeeper("backfill", "list", "--json"))
    assert (listed["requested_by"], listed["file"], listed_second["state"]) == ("ada", "f", "finished")
    assert "ada" in trailkeeper("backfill", "list").out


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress], ids=["plain", "gzip", "zstd"])
def test_standard_input_is_imported(
    pack: Callable[[bytes], bytes], trailkeeper: Call, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"".join(json.dumps(a_line(number)).encode() + b"\n" for number in range(9))
    stdin = io.TextIOWrapper(io.BytesIO(pack(text)))
    monkeypatch.setattr(sys, "stdin", stdin)

    outcome = trailkeeper("backfill", "import", "--yes", "-", "--here")

    assert outcome.code == 0, outcome.err
    assert query(database_url, "SELECT count(*) AS n FROM events WHERE imported_by = 1")[0]["n"] == 9


def test_a_dry_run_of_an_import_tells_and_changes_nothing(
    trailkeeper: Call, database_url: str, tmp_path: Path
) -> None:
    lines: list[Any] = [a_line(), "bad", a_line(1, tag="no:such"), a_line(2)]
    path = str(write_lines(tmp_path / "f", lines))

    told = trailkeeper("backfill", "import", path, "--dry-run")
    [found] = lines_of(trailkeeper("backfill", "import", path, "--dry-run", "--json"))

    assert told.code == 0
    assert "of 4 seen 2 would be stored, 0 stay as they are; rejected: 1 not_json, 1 unknown_tag" in told.err
    assert (found["changed"], found["rejected"], found["dry_run"]) == (
        2,
        {"not_json": 1, "unknown_tag": 1},
        True,
    )
    assert [bad["at"] for bad in found["bad"]] == [2, 3]
    assert found["sample"][0]["occurred_at"] == "2019-03-01T09:00:00+00:00"
    assert nothing_changed(database_url)


LINES = b"".join(json.dumps(a_line(number)).encode() + b"\n" for number in range(99))


def truncated(path: Path) -> None:
    path.write_bytes(gzip.compress(LINES)[:-20])


def broken(path: Path) -> None:
    path.write_bytes(damaged(gzip.compress(LINES)))


def damaged(packed: bytes) -> bytes:
    return packed[:40] + bytes(20) + packed[60:]


def of_other_lines(path: Path) -> None:
    path.write_text('{"name": "flask"}\n' * 200)


def no_lines(path: Path) -> None:
    path.write_text("\n\n  \n")


def truncated_zstd(path: Path) -> None:
    path.write_bytes(zstd.compress(LINES)[:-20])


def broken_zstd(path: Path) -> None:
    path.write_bytes(damaged(zstd.compress(LINES)))


def zstd_of_a_huge_window(path: Path) -> None:
    with zstd.ZstdFile(path, "wb", options={zstd.CompressionParameter.window_log: 30}) as file:
        file.write(LINES)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (truncated, "f ends in the middle; it was cut off"),
        (broken, "f is a broken gzip file"),
        (of_other_lines, "f holds no event lines: line 1: wrong_shape"),
        (no_lines, "f holds no lines"),
        (truncated_zstd, "f ends in the middle; it was cut off"),
        (broken_zstd, "f is a broken zstd file"),
        (zstd_of_a_huge_window, "f is a broken zstd file: Unable to decompress"),
        (Path.mkdir, "f: Is a directory"),
        (lambda _: None, "f: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_in_one_line_and_changes_nothing(
    make: Callable[[Path], None], said: str, trailkeeper: Call, database_url: str, tmp_path: Path
) -> None:
    make(tmp_path / "f")

    outcome = trailkeeper("backfill", "import", "--yes", str(tmp_path / "f"), "--here")

    assert outcome.code == 2
    assert said in outcome.err
    assert is_one_line(outcome.err)
    assert nothing_changed(database_url)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_file_made_to_fill_a_disk_is_refused(
    pack: Callable[[bytes], bytes],
    trailkeeper: Call,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_file, "HARMLESS_BYTES", 1 << 20)
    (tmp_path / "f").write_bytes(pack(bytes(8 << 20)))

    outcome = trailkeeper("backfill", "import", "--yes", str(tmp_path / "f"))

    assert (outcome.code, "grows more than 200-fold" in outcome.err) == (2, True)
    assert nothing_changed(database_url)


def test_events_are_enriched_here_after_a_dry_run(
    trailkeeper: Call, client: redis.Redis, redis_url: str, database_url: str
) -> None:
    put(client, *(an_event(ip="10.0.0.1") for _ in range(3)), an_event())
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    drainer.run(20)
    drainer.close()
    query(database_url, "UPDATE events SET location_id = NULL")

    dry = trailkeeper("backfill", "enrich", "--dry-run")
    done = trailkeeper("backfill", "enrich", "--yes", "--here", "--scope", "user")

    assert "of 4 seen 3 would be derived again, 1 stays as it is" in dry.err
    assert "private" in dry.out
    assert "backfill 1 is finished: 4 seen, 3 changed, 1 as they were, 0 rejected" in done.err


def test_dead_letters_are_replayed_and_discarded(
    trailkeeper: Call, client: redis.Redis, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    event = an_event(tag="shop:order:add")
    put(client, event, b"rubbish")
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    drainer.run(20)
    drainer.close()
    catalogue = tmp_path / "shop.toml"
    catalogue.write_text('[events."shop:order:add"]\nscope = "user"\nsentence = "{actor} ordered"\n')

    dry = trailkeeper("dead-letters", "replay", "--dry-run", CATALOGUE=str(catalogue))
    done = trailkeeper("dead-letters", "replay", "--yes", "--here", CATALOGUE=str(catalogue))

    assert "of 2 seen 1 would be stored, 0 stay as they are; rejected: 1 not_json" in dry.err
    assert "backfill 1 is finished: 2 seen, 1 stored, 0 as they were, 1 rejected" in done.err
    assert event.id in stored_ids(database_url)
    [letter] = lines_of(trailkeeper("dead-letters", "list", "--json"))
    identity = str(letter["id"])
    refused = trailkeeper("dead-letters", "discard", "--yes", identity, "--reason", " ")
    assert (refused.code, "a reason is needed" in refused.err) == (2, True)
    assert trailkeeper("dead-letters", "discard", "--yes", identity, "99", "--reason", "rubbish").code == 1
    assert trailkeeper("dead-letters", "discard", "--yes", identity, "--reason", "rubbish").code == 0
    assert trailkeeper("dead-letters", "list").err == "no dead letters\n"
    told = trailkeeper("history", "all", "--tag", "admin:dead_letters:discard", "--format", "table").out
    assert "discarded 1 dead letters: rubbish" in told


def test_one_is_paused_resumed_and_cancelled_and_the_trail_says_by_whom(
    trailkeeper: Call, database_url: str, tmp_path: Path
) -> None:
    path = str(write_lines(tmp_path / "f", [a_line()]))
    started = trailkeeper("backfill", "import", "--yes", path, "--json")

    assert lines_of(started)[-1]["state"] == "running"
    assert "backfill 1 is paused" in trailkeeper("backfill", "pause", "1", "--by", "ada").err
    again = trailkeeper("backfill", "pause", "1")
    assert (again.code, "backfill 1 is paused; to pause one it must be running" in again.err) == (1, True)
    assert trailkeeper("backfill", "resume", "--yes", "1", "--by", "bob").code == 0
    assert trailkeeper("backfill", "cancel", "--yes", "1", "--by", "eve").code == 0
    assert trailkeeper("backfill", "resume", "--yes", "1").code == 1
    told = query(database_url, "SELECT tag, actor_id FROM events WHERE scope = 'system' ORDER BY id")
    assert [(event["tag"].rpartition(":")[2], event["actor_id"]) for event in told[1:]] == [
        ("pause", "ada"),
        ("resume", "bob"),
        ("cancel", "eve"),
    ]
    assert trailkeeper("backfill", "show", "1", "--wait").code == 1


@pytest.mark.parametrize("action", ["show", "pause", "resume", "cancel"])
def test_an_unknown_id_is_told(action: str, trailkeeper: Call) -> None:
    outcome = trailkeeper("backfill", action, "7", *(["--yes"] if action in {"resume", "cancel"} else []))

    assert (outcome.code, outcome.err) == (1, "trailkeeper: no backfill has the id 7\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["enrich", "--yes", "--since", "2025-02-02", "--until", "2025-02-02"], "is not after since"),
        (["enrich", "--yes", "--since", "2999-01-01"], "nothing has happened since 2999"),
        (["enrich", "--yes", "--tag", "account:login:sucess"], "did you mean account:login:success?"),
        (
            ["enrich", "--yes", "--tag", "account:login:success", "--scope", "project"],
            "are of the scope user",
        ),
        (["enrich", "--yes", "--until", "1066-10-14"], "1066"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line_and_changes_nothing(
    arguments: list[str], said: str, trailkeeper: Call, database_url: str
) -> None:
    outcome = trailkeeper("backfill", *arguments)

    assert outcome.code == 2
    assert said in outcome.err
    assert is_one_line(outcome.err)
    assert nothing_changed(database_url)
