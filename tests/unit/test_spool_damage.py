"""A file that is not what SQLite wrote is set aside, a new one begun, and nothing raises at the caller."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.spooling import PLACE, a_queue, fill, held, soon
from trailkeeper.producer.spool import folder
from trailkeeper.producer.spool.status import read_status

SENT = [b"%03d" % number + b"x" * 400 for number in range(40)]
LEAVE = "import os; from pathlib import Path; from tests.support.spooling import a_queue, fill;"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["log", "merged"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 40 messages: all in SQLite's log, as after a crash, or all in the file itself."""
    place = tmp_path_factory.mktemp(request.param)
    if request.param == "merged":
        queue = a_queue(place)
        fill(queue, *SENT)
        queue.file.close()
        return place
    code = (
        f"{LEAVE} from tests.unit.test_spool_damage import SENT; fill(a_queue(Path({str(place)!r})), *SENT)"
    )
    subprocess.run([sys.executable, "-c", f"{code}; os._exit(0)"], cwd=ROOT, check=True)
    return place


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    """Files of its own for each test."""
    return Path(shutil.copytree(filled, tmp_path / "copy"))


def parts(place: Path) -> Iterator[Path]:
    yield from (path for path in sorted(place.iterdir()) if path.name in {"spool.sqlite", "spool.sqlite-wal"})


def assert_usable(place: Path) -> list[bytes]:
    """It takes a message, and what is left of the others are messages that were put; returns what is held."""
    queue = a_queue(place)
    fill(queue, b"new")
    found = [each[b"e"] for each in queue.oldest(soon()).entries if b"invalid" not in each]
    queue.file.close()
    assert found[-1] == b"new"
    assert set(found[:-1]) <= set(SENT)
    return found


def test_untouched_files_hold_everything(copy: Path) -> None:
    assert assert_usable(copy) == [*SENT, b"new"]
    assert folder.aside(copy / "spool.sqlite") == []


def test_a_file_cut_at_any_byte_is_used_or_set_aside(filled: Path, tmp_path: Path) -> None:
    choice = random.Random(7)  # the same cuts every time; the first bytes of pages among them
    for part in parts(filled):
        size = part.stat().st_size
        cuts = {0, 1, 15, 16, 99, 100, 511, 512, 4095, 4096, 4097, size - 1, size - 4096}
        for cut in sorted(cuts | {choice.randrange(size) for _ in range(25)}):
            if 0 <= cut < size:
                place = Path(shutil.copytree(filled, tmp_path / f"{part.name}-{cut}"))
                os.truncate(place / part.name, cut)
                assert_usable(place)
                shutil.rmtree(place)


def test_garbage_anywhere_is_survived(filled: Path, tmp_path: Path) -> None:
    choice = random.Random(11)
    for part in parts(filled):
        size = part.stat().st_size
        for number in range(40):
            place = Path(shutil.copytree(filled, tmp_path / f"{part.name}-{number}"))
            with (place / part.name).open("r+b") as file:
                file.seek(choice.randrange(size))
                file.write(choice.randbytes(choice.choice((1, 16, 600, 8192))))
            queue = a_queue(place)
            fill(queue, b"new")
            while entries := (batch := queue.oldest(soon())).entries:
                queue.remove(batch, len(entries), soon())
            assert PLACE not in read_status(queue.file).places
            queue.file.close()
            shutil.rmtree(place)


def test_what_is_set_aside_is_kept_and_told(copy: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = b"not a database at all" * 300
    for part in parts(copy):
        part.write_bytes(whole)
    assert assert_usable(copy) == [b"new"]
    (aside,) = folder.aside(copy / "spool.sqlite")
    assert aside.read_bytes() == whole
    assert read_status(a_queue(copy).file).set_aside == [str(aside)]
    (told,) = [message for message in caplog.messages if message.startswith("spool_damaged: ")]
    assert aside.name in told


def test_of_two_who_find_it_damaged_one_sets_it_aside(copy: Path) -> None:
    first, second = a_queue(copy), a_queue(copy)
    fill(first, b"1")
    fill(second, b"2")
    for part in parts(copy):
        part.write_bytes(b"\x00garbage" * 4096)
    (copy / "spool.sqlite-shm").write_bytes(b"\x00" * 32768)
    for number, queue in enumerate((first, second, first, second)):
        fill(queue, b"after-%d" % number)
    assert held(first) == [b"after-%d" % number for number in range(4)]
    assert len(folder.aside(copy / "spool.sqlite")) == 1


def test_a_file_that_is_taken_away_is_begun_anew(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1")
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"taken-{path.name}"))
    fill(queue, b"2")
    assert held(queue) == [b"2"]
