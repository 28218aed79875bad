"""Delivering what the spool holds: in order, batch by batch, by one at a time, and removed only after."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from tests.support.spooling import Stream, a_queue, fill, held, soon
from tests.support.waiting import until, within
from trailkeeper.producer.errors import SpoolUnavailable, StreamUnavailable
from trailkeeper.producer.spool import flushing
from trailkeeper.producer.spool.flushing import FlushInProgress, flush
from trailkeeper.producer.spool.queue import BATCH, BATCH_BYTES


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
