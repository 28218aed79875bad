"""Delivering what the spool holds: in order, batch by batch, by one at a time, and removed only after."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from tests.support.spooling import Stream, a_queue, fill, held, soon
from tests.support.waiting import until, within
from trailkeeper.producer.errors import SpoolUnavailable, StreamUnavailable
from trailkeeper.producer.spool import flushing, folder
from trailkeeper.producer.spool.flushing import FlushInProgress, flush
from trailkeeper.producer.spool.queue import BATCH, BATCH_BYTES, Queue
from trailkeeper.producer.spool.sqlite_errors import NotWritable


def sent(stream: Stream) -> list[bytes]:
    return [entry[b"e"] for entry in stream.entries]


def test_all_is_delivered_in_order_and_removed(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    payloads = [b"%d" % number for number in range(BATCH * 2 + 7)]
    fill(queue, *payloads)
    assert flush(queue, stream := Stream()) == len(payloads)
    assert (sent(stream), held(queue)) == (payloads, [])


def test_nothing_to_deliver_makes_no_file(tmp_path: Path) -> None:
    assert flush(a_queue(tmp_path), Stream()) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_the_stream_did_not_take_stays_at_the_front(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    payloads = [b"%d" % number for number in range(10)]
    fill(queue, *payloads)
    stream = Stream(takes=4)
    with pytest.raises(StreamUnavailable, match="took 4 of 10"):
        flush(queue, stream)
    assert held(queue) == payloads[4:]
    with pytest.raises(StreamUnavailable, match="OOM"):
        flush(queue, stream)
    stream.takes = None
    assert flush(queue, stream) == 6
    assert sent(stream) == payloads


def test_messages_for_another_stream_are_left_alone(tmp_path: Path) -> None:
    mine, other = a_queue(tmp_path), a_queue(tmp_path, place="elsewhere:6379/0 audit")
    fill(mine, b"1")
    fill(other, b"2")
    fill(mine, b"3")
    assert flush(mine, stream := Stream()) == 2
    assert (sent(stream), held(other)) == ([b"1", b"3"], [b"2"])


def test_a_batch_is_bounded_in_bytes(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, *[b"x" * (BATCH_BYTES // 4)] * 10)
    assert len(queue.oldest(soon()).entries) == 4
    assert flush(queue, Stream()) == 10


def test_who_writes_meanwhile_does_not_wait_for_redis(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1")

    class Slow(Stream):
        def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
            if not self.entries:
                with within(1):
                    fill(queue, b"2")
            return super().send_all(entries, deadline)

    assert flush(queue, stream := Slow()) == 2
    assert sent(stream) == [b"1", b"2"]


def test_a_batch_of_a_file_that_was_replaced_removes_nothing_of_its_successor(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1", b"2")
    batch = queue.oldest(soon())
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"taken-{path.name}"))
    fill(queue, b"3", b"4")
    with pytest.raises(SpoolUnavailable, match="was replaced while its messages were delivered"):
        queue.remove(batch, 2, soon())
    assert held(queue) == [b"3", b"4"]


def test_afterwards_the_disk_has_its_room_back_and_nothing_of_the_content(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, *[b"secret" + b"x" * 50_000] * 100)
    assert queue.file.path.stat().st_size > 1_000_000
    flush(queue, Stream())
    left = [path.read_bytes() for path in tmp_path.iterdir()]
    assert sum(map(len, left)) < 100_000
    assert not any(b"secret" in content for content in left)


def _hold(place: Path, begun: Event, end: Event) -> None:
    class Waiting(Stream):
        def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
            begun.set()
            end.wait()
            return super().send_all(entries, deadline)

    flush(a_queue(place), Waiting())


def test_one_process_delivers_at_a_time_and_a_death_lets_the_next(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"1")
    spawn = multiprocessing.get_context("spawn")
    begun, end = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(tmp_path, begun, end))
    other.start()
    assert begun.wait(30)
    with pytest.raises(FlushInProgress, match="another process"):
        flush(queue, Stream())
    other.kill()
    other.join()
    assert flush(queue, Stream()) == 1


def test_a_thread_waits_for_another_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "FILE_SECONDS", 0.5)
    queue = a_queue(tmp_path)
    fill(queue, b"1")
    begun, end = threading.Event(), threading.Event()

    class Waiting(Stream):
        def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
            begun.set()
            end.wait()
            return super().send_all(entries, deadline)

    first = threading.Thread(target=flush, args=(queue, Waiting()))
    first.start()
    begun.wait()
    with pytest.raises(FlushInProgress, match="another thread"):
        flush(queue, Stream())
    end.set()
    first.join()
    until(lambda: flush(queue, Stream()) == 0)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """A small disk, and what fills it to the last byte; returns the folder."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=4m,mode=700 none {place} 2>/dev/null"):
        pytest.skip("mounts a small file system, which takes root; others here do without")

    def fill_up() -> Path:
        with suppress(OSError), (place / "others").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        return place

    (place / "state").mkdir(mode=0o700)
    yield fill_up
    os.system(f"umount -l {place}")


@pytest.mark.parametrize("others", ["none", "one", "open"])
def test_what_waits_on_a_full_disk_is_delivered_once_and_its_room_is_free_again(
    tmp_path: Path, full_disk: Callable[[], Path], others: str
) -> None:
    queue = a_queue(tmp_path / "disk" / "state")
    payloads = [b"%04d" % number + b"x" * 200 for number in range(BATCH * 3)]
    for begin in range(0, len(payloads), 100):
        queue.put_all([({b"e": payload}, "a:b") for payload in payloads[begin : begin + 100]], soon())
    other = a_queue(tmp_path / "disk" / "state")
    if others == "open":
        other.oldest(soon())
    if others == "none":
        queue.file.close()  # what SQLite keeps beside the file is gone, and has no room to come back
    full_disk()
    with suppress(SpoolUnavailable):
        while True:
            fill(queue, b"y" * 50)
    there = [entry[b"e"] for entry in queue.oldest(soon(), most=10_000).entries]
    queue.file.close()

    assert flush(other, stream := Stream()) == len(there)
    assert flush(other, stream) == flush(queue, stream) == 0
    assert sent(stream) == there
    assert there[: len(payloads)] == payloads
    (tmp_path / "disk" / "others").unlink()
    fill(queue, b"afterwards")
    assert flush(other, stream) == 1
    assert not list((tmp_path / "disk" / "state").glob("*broken*"))


def test_on_a_full_disk_what_waits_for_another_stream_stays_and_the_rest_is_sent_once(
    tmp_path: Path, full_disk: Callable[[], Path]
) -> None:
    mine = a_queue(tmp_path / "disk" / "state")
    other = a_queue(tmp_path / "disk" / "state", place="elsewhere:6379/0 audit")
    expected = [b"%d" % number for number in range(BATCH * 2)]
    for begin in range(0, BATCH * 2, 100):
        mine.put_all([({b"e": payload}, "a:b") for payload in expected[begin : begin + 100]], soon())
        fill(other, b"other")
    for queue in (mine, other):
        queue.file.close()
    full_disk()

    assert flush(mine, stream := Stream()) == len(expected)
    assert flush(mine, stream) == 0
    assert sent(stream) == expected
    assert held(other) == [b"other"] * (BATCH * 2 // 100)


class ReadOnly(Queue):
    """Nothing can be written to its file."""

    def remove(self, *_: Any) -> None:
        raise NotWritable("the disk is full")

    def forget(self, *_: Any) -> None:
        raise NotWritable("the disk is full")

    def shrink(self, *_: Any) -> None:
        raise NotWritable("the disk is full")


def read_only(queue: Queue) -> Queue:
    return ReadOnly(queue.file, queue.place)


def test_what_cannot_be_removed_is_remembered_as_long_as_it_is_there(tmp_path: Path) -> None:
    queue, other = a_queue(tmp_path), a_queue(tmp_path, place="elsewhere:6379/0 audit")
    fill(other, b"other")
    fill(queue, b"1", b"2")
    assert flush(read_only(queue), stream := Stream()) == 2
    fill(queue, b"3")
    assert flush(read_only(queue), stream) == 1
    assert sent(stream) == [b"1", b"2", b"3"]
    assert (held(queue), held(other)) == ([b"1", b"2", b"3"], [b"other"])

    assert flush(queue, stream) == 0  # there is room again
    assert (held(queue), held(other)) == ([], [b"other"])
    assert flush(read_only(other), stream) == 1
    assert not queue.file.path.exists()


def test_what_is_remembered_of_a_file_means_nothing_in_its_successor(tmp_path: Path) -> None:
    queue, other = a_queue(tmp_path), a_queue(tmp_path, place="elsewhere:6379/0 audit")
    fill(queue, b"1", b"2")
    fill(other, b"other")
    flush(read_only(queue), stream := Stream())
    for path in tmp_path.iterdir():
        path.unlink()
    fill(queue, b"3", b"4", b"5")

    assert flush(queue, stream) == 3
    assert sent(stream) == [b"1", b"2", b"3", b"4", b"5"]


def test_who_writes_while_the_file_is_removed_loses_nothing(tmp_path: Path) -> None:
    """Each writer has the file open for itself, as processes do."""
    payloads = [[b"%d of %d" % (number, writer) for number in range(150)] for writer in range(3)]

    def write(mine: Sequence[bytes]) -> None:
        queue = a_queue(tmp_path)
        for payload in mine:
            queue.put({b"e": payload}, "a:b", time.monotonic() + 10)

    writers = [threading.Thread(target=write, args=(mine,)) for mine in payloads]
    for writer in writers:
        writer.start()
    queue, stream = a_queue(tmp_path), Stream()
    while any(writer.is_alive() for writer in writers):
        flush(read_only(queue), stream)
    flush(read_only(queue), stream)

    assert sorted(set(sent(stream))) == sorted(payload for mine in payloads for payload in mine)
    assert folder.aside(queue.file.path) == []


def test_a_batch_that_may_be_in_the_stream_is_not_sent_whole_again(tmp_path: Path) -> None:
    """As where a replica is away: the server takes each, and too few have it."""
    queue = a_queue(tmp_path)
    payloads = [b"%d" % number for number in range(10)]
    fill(queue, *payloads)

    class Unconfirmed(Stream):
        def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
            super().send_all(entries, deadline)
            raise StreamUnavailable("0 of 1 replicas have it")

    stream = Unconfirmed()
    for _ in range(4):
        with pytest.raises(StreamUnavailable):
            flush(queue, stream)
    assert sent(stream) == [*payloads, b"0", b"0", b"0"]

    again = Stream()
    assert flush(queue, again) == 10
    assert sent(again) == payloads
