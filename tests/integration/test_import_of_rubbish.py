"""An import of a file that holds few events stops, says why, and can be resumed or cancelled."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.backfills import a_line, start_import
from tests.support.drains import an_event, query, settings_for
from trailkeeper.models.backfills import StoredBackfill
from trailkeeper.models.backfills.jobs import change, find
from trailkeeper.models.engine import transaction
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.backfills.event_file import UnusableFile, opened
from trailkeeper.worker.backfills.packing import zstd

GOOD = 200


@pytest.fixture
def runner(redis_url: str, database_url: str) -> Iterator[Runner]:
    runner = Runner(settings_for(redis_url, database_url))
    yield runner
    runner.close()


def run(runner: Runner, identity: int) -> StoredBackfill:
    """Chunks until it ends or fails."""
    while runner.step(identity).state == "running":
        pass
    with transaction(runner.engine) as connection:
        found = find(connection, identity)
    assert found is not None
    return found


def letters(database_url: str) -> int:
    return int(query(database_url, "SELECT count(*) AS n FROM dead_letters")[0]["n"])


def a_file(folder: Path, rubbish: int) -> Path:
    events = b"".join(encode(an_event()) + b"\n" for _ in range(GOOD))
    path = folder / "rubbish.jsonl.gz"
    path.write_bytes(gzip.compress(events + b"rubbish\n" * rubbish))
    return path


def test_it_stops_after_a_share_of_rejected_lines_and_keeps_its_state(
    engine: Engine, runner: Runner, database_url: str, tmp_path: Path
) -> None:
    identity = start_import(engine, a_file(tmp_path, 60_000)).id
    job = run(runner, identity)
    assert (job.state, job.seen) == ("failed", 4_000)
    assert job.detail is not None
    assert job.detail.startswith("stopped: 3,800 of the first 4,000 lines became dead letters")
    [stored] = query(database_url, "SELECT count(*) AS n FROM events WHERE scope = 'user'")
    assert (letters(database_url), stored["n"]) == (3_800, GOOD)
    assert job.may == ["resume", "cancel"]


def test_resumed_it_goes_on_where_it_was_for_ten_times_as_many(
    engine: Engine, runner: Runner, database_url: str, tmp_path: Path
) -> None:
    identity = start_import(engine, a_file(tmp_path, 60_000)).id
    run(runner, identity)
    with transaction(engine) as connection:
        change(connection, identity, "resume")
    job = run(runner, identity)
    assert (job.state, job.seen, job.rejected) == ("failed", 40_000, 39_800)
    with transaction(engine) as connection:
        change(connection, identity, "resume")
    job = run(runner, identity)
    assert (job.state, job.rejected, letters(database_url)) == ("finished", 60_000, 60_000)


def test_cancelled_it_leaves_no_lines_behind(
    engine: Engine, runner: Runner, database_url: str, tmp_path: Path
) -> None:
    identity = start_import(engine, a_file(tmp_path, 60_000)).id
    run(runner, identity)
    with transaction(engine) as connection:
        change(connection, identity, "cancel")
    assert query(database_url, "SELECT 1 FROM backfill_blocks") == []


def test_a_few_bad_lines_stop_nothing(
    engine: Engine, runner: Runner, database_url: str, tmp_path: Path
) -> None:
    job = run(runner, start_import(engine, a_file(tmp_path, 900)).id)
    assert (job.state, job.rejected) == ("finished", 900)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_file_that_grows_too_much_when_unpacked_is_refused(pack: type[bytes], tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(encode(an_event()) + b"\n" + b"x" * (20 << 20)))
    with pytest.raises(UnusableFile, match="200-fold"), opened(str(path)):
        pass


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        pytest.param(lambda text: text.replace("\n", "\r").encode(), "bare CR", id="bare CR"),
        pytest.param(lambda text: text.encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(lambda text: text.encode("utf-16-le"), "UTF-16", id="UTF-16 without a mark"),
    ],
)
def test_a_file_of_another_encoding_or_line_end_is_refused_with_the_cause(
    written: Callable[[str], bytes], cause: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(written("".join(f"{json.dumps(a_line(number))}\n" for number in range(3))))
    with pytest.raises(UnusableFile, match=cause), opened(str(path)):
        pass
