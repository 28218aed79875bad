"""The spool's file: private, shared by processes, bounded, and never another program's."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.forking import in_child
from tests.support.spooling import PLACE, a_queue, fill, held, soon
from tests.support.waiting import within
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.spool import folder
from trailkeeper.producer.spool.schema import APPLICATION_ID, VERSION
from trailkeeper.producer.spool.status import SpoolStatus, filesystem_of, read_status

KILOBYTE = b"x" * 1024


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    queue = a_queue(tmp_path / "state" / "trailkeeper")
    fill(queue, b"1")
    made = tmp_path / "state" / "trailkeeper"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.iterdir()} == {0o600}
    assert {"spool.sqlite", "spool.sqlite-wal"} <= {file.name for file in made.iterdir()}


def test_processes_share_it(tmp_path: Path) -> None:
    mine = a_queue(tmp_path)
    fill(mine, b"1")
    assert in_child(lambda: fill(a_queue(tmp_path), b"2")) == 0
    fill(mine, b"3")
    assert held(mine) == [b"1", b"2", b"3"]


def test_a_fork_leaves_parent_and_child_with_files_of_their_own(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"before")
    for _ in range(5):
        assert in_child(lambda: fill(queue, b"child")) == 0
        fill(queue, b"parent")
    assert sorted(held(queue)) == [b"before", *[b"child"] * 5, *[b"parent"] * 5]


def test_a_fork_waits_for_a_thread_that_is_writing(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            fill(queue, b"thread")
            written += 1

    thread = threading.Thread(target=write)
    thread.start()
    codes = [in_child(lambda: fill(queue, b"child")) for _ in range(20)]
    stop.set()
    thread.join()
    assert codes == [0] * 20
    assert read_status(queue.file).waiting == written + 20


def test_a_full_file_refuses_counts_and_takes_again_what_fits(tmp_path: Path) -> None:
    queue = a_queue(tmp_path, max_mb=1)
    count = 0
    with suppress(SpoolUnavailable):
        while True:
            fill(queue, KILOBYTE)
            count += 1
    with pytest.raises(SpoolUnavailable, match=r"is full: 1 MiB \(TRAILKEEPER_SPOOL_MAX_MB\)"):
        fill(queue, KILOBYTE * 60)
    found = read_status(queue.file)
    assert (found.waiting, found.refused, found.cap_bytes) == (count, 2, 1024 * 1024)
    assert 700 < count < 1024
    assert queue.file.path.stat().st_size <= found.cap_bytes
    batch = queue.oldest(soon())
    queue.remove(batch, 100, soon())
    fill(queue, KILOBYTE)


def test_a_full_disk_is_told_and_outlived(tmp_path: Path) -> None:
    def write_beyond_the_limit() -> None:
        queue = a_queue(tmp_path)
        fill(queue, b"before")
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, hard))
        refused = 0
        for _ in range(400):
            try:
                fill(queue, KILOBYTE)
            except SpoolUnavailable:
                refused += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        fill(queue, b"after")
        assert 0 < refused < 400
        assert read_status(queue.file).waiting == 402 - refused

    assert in_child(write_beyond_the_limit) == 0
    queue = a_queue(tmp_path)
    assert held(queue)[0] == b"before"
    assert folder.aside(queue.file.path) == []


def test_a_small_disk_is_full_without_harm(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=300k none {place} 2>/dev/null"):
        pytest.skip("mounts a small file system, which takes root; the test before does without")
    queue = a_queue(place)
    try:
        fill(queue, b"before")
        refused = 0
        for _ in range(400):
            try:
                fill(queue, KILOBYTE)
            except SpoolUnavailable:
                refused += 1
        assert refused > 100
        with pytest.raises(SpoolUnavailable, match="the disk is full"):
            fill(queue, KILOBYTE * 60)
        os.system(f"mount -o remount,size=4m {place}")
        assert read_status(queue.file).waiting == 401 - refused
        batch = queue.oldest(soon())
        assert batch.entries[0] == {b"e": b"before"}
        queue.remove(batch, len(batch.entries), soon())
        fill(queue, b"after")
    finally:
        queue.file.close()
        os.system(f"umount {place}")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolUnavailable, match="File exists"):
        fill(a_queue(tmp_path / "file"), b"1")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool.sqlite") as theirs:
        theirs.execute("CREATE TABLE accounts (id INTEGER)")
    theirs.close()
    with pytest.raises(SpoolUnavailable, match="is another program's database"):
        fill(a_queue(tmp_path), b"1")
    with sqlite3.connect(tmp_path / "spool.sqlite") as theirs:
        assert theirs.execute("SELECT name FROM sqlite_schema").fetchall() == [("accounts",)]
    theirs.close()


def test_a_file_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1")
    queue.file.close()
    with sqlite3.connect(queue.file.path) as later:
        later.execute(f"PRAGMA user_version = {VERSION + 1}")
    later.close()
    with pytest.raises(
        SpoolUnavailable, match=f"is of version {VERSION + 1}; this release knows version {VERSION}"
    ):
        fill(queue, b"2")
    assert APPLICATION_ID == 0x54724B70


def test_others_who_write_are_waited_for_and_not_longer_than_allowed(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1")
    other = sqlite3.connect(queue.file.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(SpoolUnavailable, match="is busy"), within(0.2):
        queue.put({b"e": b"2"}, "a:b", began + 0.2)
    assert time.monotonic() - began > 0.15
    releasing = threading.Timer(0.05, other.execute, ["COMMIT"])
    releasing.start()
    queue.put({b"e": b"3"}, "a:b", soon())
    releasing.join()
    other.close()
    assert held(queue) == [b"1", b"3"]


def test_threads_that_wait_share_a_commit(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"first")
    queue.file.lock.acquire()
    threads = [threading.Thread(target=fill, args=(queue, b"%02d" % number)) for number in range(20)]
    for thread in threads:
        thread.start()
    statements: list[str] = []
    opened = queue.file._opened
    assert opened is not None
    opened.connection.set_trace_callback(statements.append)
    while len(queue._appender._waiting) < 20:
        time.sleep(0.001)
    queue.file.lock.release()
    for thread in threads:
        thread.join()
    assert sorted(held(queue)) == [b"%02d" % number for number in range(20)] + [b"first"]
    assert statements.count("COMMIT") == 1


def test_several_messages_take_one_commit(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"first")
    statements: list[str] = []
    opened = queue.file._opened
    assert opened is not None
    opened.connection.set_trace_callback(statements.append)
    queue.put_all([({b"e": b"%d" % number}, "a:b") for number in range(90)], soon())
    assert held(queue) == [b"first", *(b"%d" % number for number in range(90))]
    assert statements.count("COMMIT") == 1


def test_of_several_messages_for_which_there_is_no_room_none_is_kept_and_each_is_counted(
    tmp_path: Path,
) -> None:
    queue = a_queue(tmp_path, max_mb=1)
    with pytest.raises(SpoolUnavailable, match="is full"):
        queue.put_all([({b"e": os.urandom(300_000)}, "a:b") for _ in range(4)], soon())
    assert held(queue) == []
    assert read_status(queue.file).refused == 4


def test_the_status_of_a_spool_that_was_never_used_makes_no_file(tmp_path: Path) -> None:
    queue = a_queue(tmp_path / "state")
    found = read_status(queue.file)
    assert (found.waiting, found.oldest_seconds, found.bytes, found.refused) == (0, None, 0, 0)
    assert list(tmp_path.iterdir()) == []


def test_the_status_tells_how_much_waits_since_when_and_for_which_stream(tmp_path: Path) -> None:
    fill(a_queue(tmp_path), b"1", b"2")
    fill(a_queue(tmp_path, place="elsewhere:6379/0 audit"), b"3")
    found: SpoolStatus = read_status(a_queue(tmp_path).file)
    assert found.waiting == 3
    assert found.places == {"elsewhere:6379/0 audit": 1, PLACE: 2}
    assert found.oldest_seconds is not None
    assert 0 <= found.oldest_seconds < 60
    assert found.bytes > 8192


def test_the_kind_of_a_file_system_is_known() -> None:
    assert filesystem_of(Path("/proc/self")) == "proc"
    assert filesystem_of(Path("/")) not in {"", "proc"}
