"""A child that was forked while the spool was in use spools again, beside its parent's file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.forking import in_child
from tests.support.spooling import Stream, a_queue, a_spool, fill, soon
from tests.support.waiting import until
from trailkeeper.producer.spool import appending, file, flushing, folder, forks
from trailkeeper.producer.spool.status import read_status

HANG_SECONDS = 30.0

# what Python 3.12 and later warn of is what is tested here
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def _do_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "LOCK_SECONDS", 0.05)


@contextmanager
def stalled(
    monkeypatch: pytest.MonkeyPatch, place: object, name: str, work: Callable[[], object]
) -> Iterator[None]:
    """A thread that hangs in a function of ours, as on a disk that does not answer, until the block ends."""
    parent, reached, go_on = os.getpid(), threading.Event(), threading.Event()
    original = getattr(place, name)

    def hang(*arguments: object, **options: object) -> object:
        if os.getpid() == parent and threading.current_thread() is thread:
            reached.set()
            go_on.wait(HANG_SECONDS)
        return original(*arguments, **options)

    thread = threading.Thread(target=work)
    monkeypatch.setattr(place, name, hang)
    thread.start()
    assert reached.wait(HANG_SECONDS)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


WHERE = {
    "writing a row": (appending.Appender, "_write"),
    "opening the file": (file, "connect"),
    "making the file": (folder, "make"),
    "locking the file": (folder, "_lock"),
}


@pytest.mark.parametrize("where", WHERE)
def test_a_child_forked_while_a_thread_is_stalled_spools_again(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = a_queue(tmp_path)
    if where == "writing a row":
        fill(queue, b"before")
    with stalled(monkeypatch, *WHERE[where], lambda: fill(queue, b"thread")):
        for _ in range(2):
            assert in_child(lambda: fill(queue, b"child", b"again")) == 0
    fill(queue, b"parent")
    assert read_status(queue.file).waiting == 6 + (where == "writing a row")


def test_a_stalled_write_within_sqlite_leaves_the_child_a_file_of_its_own(tmp_path: Path) -> None:
    """The thread hangs in a transaction, with SQLite's own locks: the child may not even open that file."""
    queue = a_queue(tmp_path)
    fill(queue, b"before")
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> bool:
        reached.set()
        return go_on.wait(HANG_SECONDS)

    def hang(opened: file.Opened) -> None:
        opened.connection.create_function("hang", 0, wait)
        opened.connection.execute("BEGIN IMMEDIATE")
        opened.connection.execute("SELECT hang()").fetchall()
        opened.connection.execute("COMMIT")

    thread = threading.Thread(target=queue.file.run, args=(hang, soon()))
    thread.start()
    assert reached.wait(HANG_SECONDS)
    try:
        assert in_child(lambda: fill(queue, b"child")) == 0
        assert in_child(lambda: fill(a_queue(tmp_path), b"another object of the child")) == 0
    finally:
        go_on.set()
        thread.join()
    assert read_status(queue.file).waiting == 3
    assert read_status(a_queue(tmp_path).file).waiting == 3


def test_what_such_a_child_spooled_is_delivered_by_any_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = a_queue(tmp_path)
    with stalled(monkeypatch, appending.Appender, "_write", lambda: fill(queue, b"thread")):
        assert in_child(lambda: fill(queue, b"child")) == 0
    stream = Stream()
    assert a_spool(tmp_path, stream).flush() == 2
    assert sorted(entry[b"e"] for entry in stream.entries) == [b"child", b"thread"]
    assert read_status(queue.file).waiting == 0


def test_the_child_itself_delivers_what_it_spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = a_spool(tmp_path, stream := Stream())

    def put_and_deliver() -> None:
        spool.put({b"e": b"child"}, "account:login:success", soon())
        spool.redis_answered()
        until(lambda: len(stream.entries) == 1)
        spool.flush()  # waits for the thread that sent it, and has yet to remove it

    with stalled(monkeypatch, appending.Appender, "_write", lambda: fill(spool.queue, b"thread")):
        assert in_child(put_and_deliver) == 0
    assert read_status(spool.queue.file).waiting == 1


def test_a_child_delivers_although_a_thread_of_its_parent_was_delivering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = a_spool(tmp_path, Stream())
    fill(spool.queue, b"parent")

    def deliver() -> None:
        # another process at the same file: that is an answer, a thread that is not there would be none
        with pytest.raises(flushing.FlushInProgress, match="another process"):
            spool.flush()

    with stalled(monkeypatch, Stream, "send_all", spool.flush):
        assert in_child(deliver) == 0


def test_a_child_of_such_a_child_goes_on_in_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = a_queue(tmp_path)

    def spool_and_fork() -> None:
        fill(queue, b"child")
        assert in_child(lambda: fill(queue, b"grandchild")) == 0

    with stalled(monkeypatch, appending.Appender, "_write", lambda: fill(queue, b"thread")):
        assert in_child(spool_and_fork) == 0
    assert {path.name for path in folder.beside(queue.file.path)} == {"spool.forked-1.sqlite"}
    assert read_status(queue.file).waiting == 3


def test_no_lock_of_the_parent_lives_on_in_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file lasts while any process has its descriptor, so a child that stays would keep it."""
    queue = a_queue(tmp_path)
    locks = {str(tmp_path / "spool.sqlite-lock"), str(tmp_path / "spool.sqlite-flush")}

    def look() -> None:
        opened = {str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}
        assert not opened & locks

    with stalled(monkeypatch, file, "connect", lambda: fill(queue, b"thread")):
        assert in_child(look) == 0


def test_a_child_that_ends_in_order_does_not_hang_on_its_parents_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python frees everything when it ends; SQLite would wait there for a thread that is not here."""
    queue = a_queue(tmp_path)
    fill(queue, b"before")
    opened = queue.file._opened
    with stalled(monkeypatch, appending.Appender, "_write", lambda: fill(queue, b"thread")):

        def forget_it_all() -> None:
            nonlocal opened
            opened = None
            queue.file.close()

        assert in_child(forget_it_all) == 0
    assert read_status(queue.file).waiting == 2


def test_a_child_forked_without_pythons_hooks_leaves_its_parents_file_alone(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"parent")

    parents = queue.file._opened

    def as_if_without_hooks() -> None:
        queue.file._opened = parents
        fill(queue, b"child")

    assert in_child(as_if_without_hooks) == 0
    assert read_status(queue.file).waiting == 2
    assert folder.beside(queue.file.path)
