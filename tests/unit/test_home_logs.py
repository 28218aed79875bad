"""Logs of a home stay within their bound while their writers keep them open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import until
from trailkeeper.cli.embedded.logs import Logs, rotate_file
from trailkeeper.cli.embedded.supervisor import Supervisor

BOUND = 20_000
TALKER = "import sys\nfor number in range(10**9): print(number, 'x' * 90, flush=True); sys.stdin.readline()"


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Writes a line of 100 bytes, about, into a log for each line it is given."""
    with (tmp_path / "talker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", TALKER], stdin=subprocess.PIPE, stdout=log, text=True
        )
    yield process
    process.kill()
    process.communicate()


def say(process: subprocess.Popen[str], lines: int) -> None:
    assert process.stdin is not None
    process.stdin.write("\n" * lines)
    process.stdin.flush()


def test_a_log_that_is_written_to_is_emptied_and_goes_on(
    tmp_path: Path, talker: subprocess.Popen[str]
) -> None:
    log, old = tmp_path / "talker.log", tmp_path / "talker.log.1"
    say(talker, 300)
    until(lambda: len(log.read_text().splitlines()) == 301)
    Logs([tmp_path], most_bytes=BOUND).rotate()
    assert (log.stat().st_size, len(old.read_text().splitlines())) == (0, 301)
    say(talker, 1)
    until(lambda: log.read_text().startswith("301 x"))
    assert old.read_text().splitlines()[-1].startswith("300 x")


def test_small_logs_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "small.log").write_text("x" * BOUND)
    (tmp_path / "data").write_text("x" * BOUND * 2)
    Logs([tmp_path, tmp_path / "missing"], most_bytes=BOUND).rotate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "small.log"]


def test_one_old_file_is_kept_and_read_by_whom_the_log_is(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    for text in ("first", "second"):
        log.write_text(text)
        log.chmod(0o600)
        rotate_file(log)
    assert {path.name for path in tmp_path.iterdir()} == {"server.log", "server.log.1"}
    assert (tmp_path / "server.log.1").read_text() == "second"
    assert (tmp_path / "server.log.1").stat().st_mode & 0o777 == 0o600


def test_the_supervisor_goes_on_looking_after_a_failure(tmp_path: Path) -> None:
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        raise OSError("no space left")

    said: list[str] = []
    supervisor = Supervisor([], said.append, [look])
    supervisor.start()
    until(lambda: len(looks) > 1)
    supervisor.stop()
    assert set(said) == {"the logs could not be rotated: no space left"}
    assert len(said) == 1
